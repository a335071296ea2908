
namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>The list of keys, over its buckets, and keys that get a new value.</summary>
public class ListTests
{
    [Fact]
    public async Task AllPages_ShowEveryKeyOnce_AndFiltersFind()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var made = new HashSet<string>();
        for (var i = 0; i < 23; i++)
        {
            made.Add((await gateway.AskAsync("/key/generate", new { key_alias = $"k{i}", user_id = i % 2 == 0 ? "even" : "odd", team_id = i < 5 ? "t" : null })).GetProperty("token").GetString()!);
        }

        var seen = new List<string>();
        for (var page = 1; page <= 3; page++)
        {
            var answer = await gateway.AskAsync($"/key/list?page={page}");
            Assert.Equal((23, page, 3), (answer.GetProperty("total_count").GetInt32(), answer.GetProperty("current_page").GetInt32(), answer.GetProperty("total_pages").GetInt32()));
            seen.AddRange(answer.GetProperty("keys").EnumerateArray().Select(k => k.GetString()!));
        }

        Assert.Equal(made.Order(), seen.Order());
        Assert.Equal(0, (await gateway.AskAsync("/key/list?page=4")).GetProperty("keys").GetArrayLength());
        Assert.Equal(12, (await gateway.AskAsync("/key/list?user_id=even&size=100")).GetProperty("keys").GetArrayLength());
        Assert.Equal(5, (await gateway.AskAsync("/key/list?team_id=t")).GetProperty("total_count").GetInt32());
        Assert.Equal(2, (await gateway.AskAsync("/key/list?team_id=t&user_id=odd")).GetProperty("total_count").GetInt32());
        var found = (await gateway.AskAsync("/key/list?key_alias=k7&return_full_object=true")).GetProperty("keys")[0];
        Assert.Equal(("k7", "odd"), (found.GetProperty("key_alias").GetString(), found.GetProperty("user_id").GetString()));
        // What a key is found by follows its changes.
        await gateway.AskAsync("/key/update", new { key = found.GetProperty("token").GetString(), key_alias = "renamed" });
        Assert.Equal(0, (await gateway.AskAsync("/key/list?key_alias=k7")).GetProperty("total_count").GetInt32());
        Assert.Equal(1, (await gateway.AskAsync("/key/list?key_alias=renamed")).GetProperty("total_count").GetInt32());
        Assert.Equal(1, (await gateway.AskAsync("/key/delete", new { key_aliases = new[] { "renamed" } })).GetProperty("deleted_keys").GetArrayLength());
        Assert.Equal(22, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
        Assert.Equal(400, (int)(await gateway.SendAsync(HttpMethod.Get, "/key/list?size=101")).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARegeneratedKey_HasTheSameRights_AndTheOldOneHasNone(bool byPath)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var old = await gateway.NewKeyAsync(new { key_alias = "a", models = new[] { "m" }, user_id = "ada" });
        var made = byPath ? await gateway.AskAsync($"/key/{old}/regenerate", new { rpm_limit = 7 }) : await gateway.AskAsync("/key/regenerate", new { key = old, rpm_limit = 7 });
        var key = made.GetProperty("key").GetString()!;
        Assert.NotEqual(old, key);
        Assert.Equal(("a", "ada", 7), (made.GetProperty("key_alias").GetString(), made.GetProperty("user_id").GetString(), made.GetProperty("rpm_limit").GetInt32()));
        Assert.Equal((200, 403, 401), (await gateway.ChatStatusAsync(key), await gateway.ChatStatusAsync(key, "n"), await gateway.ChatStatusAsync(old)));
        Assert.Equal(1, (await gateway.AskAsync("/key/list?key_alias=a")).GetProperty("total_count").GetInt32());
    }

    [Fact]
    public async Task Aliases_AreListedWithoutTheirKeys()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        foreach (var alias in (string?[])["cyd", "ada", null, "Bob", "ada"]) await gateway.NewKeyAsync(new { key_alias = alias });
        var all = await gateway.AskAsync("/key/aliases");
        Assert.Equal(("Bob, ada, cyd", 3), (string.Join(", ", all.GetProperty("aliases").EnumerateArray().Select(a => a.GetString())), all.GetProperty("total_count").GetInt32()));
        var page = await gateway.AskAsync("/key/aliases?size=2&page=2");
        Assert.Equal(("cyd", 2), (page.GetProperty("aliases").EnumerateArray().Single().GetString(), page.GetProperty("total_pages").GetInt32()));
        Assert.Equal("Bob", (await gateway.AskAsync("/key/aliases?search=bo")).GetProperty("aliases").EnumerateArray().Single().GetString());
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.NewKeyAsync(new { key_alias = "of the team", team_id = "t" });
        Assert.Equal("of the team", (await gateway.AskAsync("/key/aliases?team_id=t")).GetProperty("aliases").EnumerateArray().Single().GetString());
        Assert.Equal(400, (int)(await gateway.SendAsync(HttpMethod.Get, "/key/aliases?project_id=t")).StatusCode);
    }

    /// <summary>The old key would stop at once where somebody counts on a day.</summary>
    [Fact]
    public async Task AGracePeriod_IsNotPromised_AndTheKeyStays()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { });
        var refused = await gateway.PostAsync("/key/regenerate", new { key, grace_period = "24h" });
        Assert.Equal((400, "grace_period"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        await gateway.AskAsync("/key/regenerate", new { key, grace_period = "" });
        Assert.Equal(401, await gateway.ChatStatusAsync(key));
    }

    [Fact]
    public async Task UsersAndTeams_AreListed()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        for (var i = 0; i < 7; i++) await gateway.AskAsync("/user/new", new { user_id = $"u{i}", auto_create_key = false });
        await gateway.AskAsync("/team/new", new { team_alias = "core" });
        Assert.Equal(409, (int)(await gateway.PostAsync("/user/new", new { user_id = "u1" })).StatusCode);
        var seen = new List<string?>();
        for (var page = 1; page <= 3; page++)
        {
            var answer = await gateway.AskAsync($"/user/list?page={page}&page_size=3");
            Assert.Equal((7, 3), (answer.GetProperty("total").GetInt32(), answer.GetProperty("total_pages").GetInt32()));
            seen.AddRange(answer.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("user_id").GetString()));
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"u{i}"), seen.Order());
        var team = (await gateway.AskAsync("/team/list")).EnumerateArray().Single();
        Assert.Equal("core", team.GetProperty("team_alias").GetString());
        Assert.Equal("core", (await gateway.AskAsync("/team/info?team_id=" + team.GetProperty("team_id").GetString())).GetProperty("team_info").GetProperty("team_alias").GetString());
    }
}
