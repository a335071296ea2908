using System.Text.Json;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary><c>/user/info</c>, <c>/team/info</c> and <c>/user/update</c>, as scripts that were written for LiteLLM read and send them.</summary>
public class HolderViewTests
{
    [Fact]
    public async Task AUser_IsShownWithItsKeysAndItsTeam()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", team_alias = "core" });
        await gateway.AskAsync("/user/new", new { user_id = "ada", team_id = "t" });
        await gateway.AskAsync("/user/new", new { user_id = "bob" });
        var ada = await gateway.AskAsync("/user/info?user_id=ada");
        Assert.Equal(("ada", "ada", 1), (ada.GetProperty("user_id").GetString(), ada.GetProperty("user_info").GetProperty("user_id").GetString(), ada.GetProperty("keys").GetArrayLength()));
        var team = Assert.Single(ada.GetProperty("teams").EnumerateArray());
        Assert.Equal(("t", "core", "ada"), (team.GetProperty("team_id").GetString(), team.GetProperty("team_alias").GetString(), team.GetProperty("members_with_roles")[0].GetProperty("user_id").GetString()));
        Assert.Empty((await gateway.AskAsync("/user/info?user_id=bob")).GetProperty("teams").EnumerateArray());
        Assert.Equal("ada", Assert.Single((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_memberships").EnumerateArray()).GetProperty("user_id").GetString());
    }

    [Fact]
    public async Task WithoutAUser_TheAdministratorSeesAllKeysAndTeams_WhileTheyAreFew()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        foreach (var team in (string[])["b", "a"]) await gateway.AskAsync("/team/new", new { team_id = team });
        foreach (var user in (string[])["ada", "bob"]) await gateway.NewKeyAsync(new { user_id = user });
        var all = await gateway.AskAsync("/user/info");
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (all.GetProperty("user_id").ValueKind, all.GetProperty("user_info").ValueKind));
        Assert.Equal(["ada", "bob"], all.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("user_id").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(["a", "b"], all.GetProperty("teams").EnumerateArray().Select(t => t.GetProperty("team_id").GetString()!));

        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), async (i, _) =>
        {
            var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i)));
            await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(AccountKind.Key, id)).PutAsync(new IndexEntry(id, null, null, null));
        });
        var refused = await gateway.SendAsync(HttpMethod.Get, "/user/info");
        Assert.Equal((400, "too_many"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("user_id=", "user_id")]
    [InlineData("userid=ada", "userid")]
    [InlineData("user_email=ada@example.org", "user_email")]
    [InlineData("user_email=", "user_id")]
    [InlineData("user_id=ada&team_id=t", "team_id")]
    public async Task AQuestionThatNamesNobody_IsNotOneForEverybody(string query, string field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/user/new", new { user_id = "ada" });
        var refused = await gateway.SendAsync(HttpMethod.Get, "/user/info?" + query);
        Assert.Equal((400, field), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
    }

    [Fact]
    public async Task AUser_IsUpdatedByItsEmail_IfOneHasIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/user/new", new { user_id = "ada", user_email = "ada@example.org", auto_create_key = false });
        foreach (var user in (string[])["bob", "cyd"]) await gateway.AskAsync("/user/new", new { user_id = user, user_email = "both@example.org", auto_create_key = false });
        var changed = await gateway.AskAsync("/user/update", new { user_email = "ada@example.org", max_budget = 5 });
        Assert.Equal(("ada", 5), (changed.GetProperty("user_id").GetString(), changed.GetProperty("data").GetProperty("max_budget").GetInt32()));
        var several = await gateway.PostAsync("/user/update", new { user_email = "both@example.org", max_budget = 5 });
        Assert.Equal((400, "user_email"), ((int)several.StatusCode, (await Setup.ErrorAsync(several)).GetProperty("param").GetString()));
        Assert.Equal(404, (int)(await gateway.PostAsync("/user/update", new { user_email = "nobody@example.org", max_budget = 5 })).StatusCode);
        Assert.Equal(400, (int)(await gateway.PostAsync("/user/update", new { max_budget = 5 })).StatusCode);
        Assert.Equal(3, (await gateway.AskAsync("/user/list")).GetProperty("total").GetInt32());
    }
}
