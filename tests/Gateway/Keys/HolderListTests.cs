using OrleansLlm.Api.Keys;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>The lists of users and teams, as scripts that were written for LiteLLM ask for them.</summary>
public class HolderListTests
{
    [Theory]
    [InlineData("user_email=example.org", "ada, bob")]
    [InlineData("user_email=ADA@", "ada")]
    [InlineData("user_email=nobody", "")]
    [InlineData("user_ids=bob,cyd,nobody", "bob, cyd")]
    [InlineData("user_ids=bo", "")]
    [InlineData("team=t", "ada, cyd")]
    [InlineData("team=t&user_email=example", "ada")]
    [InlineData("role=proxy_admin", "bob")]
    [InlineData("role=proxy_admin&user_ids=ada", "")]
    [InlineData("user_email=&team=", "ada, bob, cyd")]
    public async Task AFilterOfUsers_FindsThoseAndNobodyElse(string filter, string found)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await MakeUsersAsync(gateway);
        var answer = await gateway.AskAsync("/user/list?" + filter);
        var users = answer.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("user_id").GetString()!).Order(StringComparer.Ordinal).ToList();
        Assert.Equal((found, users.Count), (string.Join(", ", users), answer.GetProperty("total").GetInt32()));
    }

    [Fact]
    public async Task FoundUsers_HaveAnOrder_Pages_AndTheNumberOfTheirKeys()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await MakeUsersAsync(gateway);
        await gateway.NewKeyAsync(new { user_id = "bob" });
        var answer = await gateway.AskAsync("/user/list?sort_by=user_id&sort_order=desc&page_size=2&page=1");
        Assert.Equal([("cyd", 0), ("bob", 1)], answer.GetProperty("users").EnumerateArray().Select(u => (u.GetProperty("user_id").GetString()!, u.GetProperty("key_count").GetInt32())));
        Assert.Equal((3, 2), (answer.GetProperty("total").GetInt32(), answer.GetProperty("total_pages").GetInt32()));
        Assert.Equal(["ada"], (await gateway.AskAsync("/user/list?sort_by=user_id&sort_order=desc&page_size=2&page=2")).GetProperty("users").EnumerateArray().Select(u => u.GetProperty("user_id").GetString()!));
    }

    [Theory]
    [InlineData("/user/list?sso_user_ids=a", "sso_user_ids")]
    [InlineData("/user/list?organization_ids=a", "organization_ids")]
    [InlineData("/user/list?user_id=ada", "user_id")]
    [InlineData("/user/list?sort_by=spend", "sort_by")]
    [InlineData("/user/list?sort_by=user_id&sort_order=up", "sort_order")]
    [InlineData("/team/list?status=deleted", "status")]
    [InlineData("/v2/team/list?page=0", "page")]
    [InlineData("/key/list?organization_id=o", "organization_id")]
    [InlineData("/key/list?status=deleted", "status")]
    [InlineData("/key/list?sort_by=spend", "sort_by")]
    [InlineData("/key/list?sort_by=token&sort_order=desc", "sort_order")]
    [InlineData("/key/list?sort_order=up", "sort_order")]
    [InlineData("/key/list?user_id=ada&include_team_keys=true", "include_team_keys")]
    public async Task AFilterThatIsNotThere_IsA400ThatNamesIt(string path, string field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var refused = await gateway.SendAsync(HttpMethod.Get, path);
        Assert.Equal((400, field), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
    }

    [Theory]
    [InlineData("/key/list?include_team_keys=false&organization_id=&expand=user&sort_order=desc")]
    [InlineData("/key/list?sort_by=token&sort_order=asc")]
    [InlineData("/key/list?include_team_keys=true&include_created_by_keys=true")]
    public async Task WhatChangesNothing_IsNoFilter(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        foreach (var fields in (object[])[new { key_alias = "b", user_id = "ada" }, new { key_alias = "a", team_id = "t" }, new { }]) await gateway.NewKeyAsync(fields);
        var (all, found) = (await gateway.AskAsync("/key/list"), await gateway.AskAsync(path));
        Assert.Equal(3, found.GetProperty("total_count").GetInt32());
        Assert.Equal(all.GetProperty("keys").EnumerateArray().Select(k => k.GetString()), found.GetProperty("keys").EnumerateArray().Select(k => k.GetString()));
    }

    [Fact]
    public async Task Teams_AreABareListByAlias_WithTheirMembersAndKeys()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await MakeUsersAsync(gateway);
        await gateway.AskAsync("/team/new", new { team_id = "z", team_alias = "a first one", organization_id = "o" });
        var key = (await gateway.AskAsync("/key/generate", new { team_id = "t" })).GetProperty("token").GetString();

        var teams = (await gateway.AskAsync("/team/list")).EnumerateArray().ToList();
        Assert.Equal(["z", "t"], teams.Select(t => t.GetProperty("team_id").GetString()!));
        Assert.Equal([("ada", "ada@example.org"), ("cyd", null)], teams[1].GetProperty("members_with_roles").EnumerateArray()
            .Select(m => (m.GetProperty("user_id").GetString()!, m.GetProperty("user_email").GetString())).OrderBy(m => m.Item1, StringComparer.Ordinal));
        Assert.Equal((key, 1, 2), (teams[1].GetProperty("keys")[0].GetProperty("token").GetString(), teams[1].GetProperty("total_keys").GetInt32(), teams[1].GetProperty("members_count").GetInt32()));
        Assert.Equal(["ada", "cyd"], teams[1].GetProperty("team_memberships").EnumerateArray().Select(m => m.GetProperty("user_id").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal((0, 0), (teams[0].GetProperty("keys").GetArrayLength(), teams[0].GetProperty("members_with_roles").GetArrayLength()));

        async Task<string> FoundAsync(string filter) => string.Join(", ", (await gateway.AskAsync("/team/list?" + filter)).EnumerateArray().Select(t => t.GetProperty("team_id").GetString()));
        Assert.Equal(("t", "", ""), (await FoundAsync("user_id=ada"), await FoundAsync("user_id=bob"), await FoundAsync("user_id=nobody")));
        Assert.Equal(("z", "t", ""), (await FoundAsync("organization_id=o"), await FoundAsync("organization_id=default_organization"), await FoundAsync("organization_id=p")));
        Assert.Equal(("t", "z"), (await FoundAsync("team_id=t"), await FoundAsync("team_alias=FIRST")));
    }

    [Theory]
    [InlineData("/v2/team/list")]
    [InlineData("/team/list?page=1")]
    [InlineData("/team/list?page_size=10")]
    public async Task PagesOfTeams_AreAnObject(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await MakeUsersAsync(gateway);
        var answer = await gateway.AskAsync(path);
        Assert.Equal((1, 1, 1), (answer.GetProperty("total").GetInt32(), answer.GetProperty("page").GetInt32(), answer.GetProperty("total_pages").GetInt32()));
        Assert.Equal(2, answer.GetProperty("teams")[0].GetProperty("members_with_roles").GetArrayLength());
    }

    [Fact]
    public async Task MoreTeamsThanOneAnswerHolds_AreA400_AndStillHavePages()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        foreach (var some in Enumerable.Range(0, 1_000).Chunk(50))
        {
            await Task.WhenAll(some.Select(i => gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(AccountKind.Team, $"t{i}")).PutAsync(new IndexEntry($"t{i}", null, null, null))));
        }

        var refused = await gateway.SendAsync(HttpMethod.Get, "/team/list");
        Assert.Equal((400, "too_many"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));
        Assert.Equal(1_001, (await gateway.AskAsync("/v2/team/list")).GetProperty("total").GetInt32());
        Assert.Equal(1, (await gateway.AskAsync("/team/list?team_id=t")).GetArrayLength());
    }

    [Theory]
    [InlineData(new[] { 100, 100, 3 }, 203, 100)]
    [InlineData(new[] { 100, 100, 3 }, 202, 99)]
    [InlineData(new[] { 100, 100, 3 }, 23, 10)]
    [InlineData(new[] { 100, 100, 3 }, 2, 0)]
    [InlineData(new[] { 100, 100, 3 }, 0, 0)]
    public void KeysOfTeams_AreFewer_BeforeAnAnswerIsTooLong(int[] teams, int left, int each) => Assert.Equal(each, TeamReader.KeysOfEach(teams, left));

    [Fact]
    public async Task UsersByTheirNames_AreSortedWithoutThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await MakeUsersAsync(gateway);
        foreach (var id in (string[])["bea", "zoe"]) await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(AccountKind.User, id)).PutAsync(new IndexEntry(id, null, null, null));
        var answer = await gateway.AskAsync("/user/list?sort_by=user_id&page_size=2&page=2");
        // Bea and Zoe are entries without accounts: whoever read all accounts would not count them.
        Assert.Equal((5, "bob, cyd"), (answer.GetProperty("total").GetInt32(), string.Join(", ", answer.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("user_id").GetString()))));
    }

    private static async Task MakeUsersAsync(KeyGateway gateway)
    {
        await gateway.AskAsync("/team/new", new { team_id = "t", team_alias = "the second" });
        await gateway.AskAsync("/user/new", new { user_id = "ada", user_email = "ada@example.org", user_role = "internal_user", team_id = "t", auto_create_key = false });
        await gateway.AskAsync("/user/new", new { user_id = "bob", user_email = "bob@example.org", user_role = "proxy_admin", auto_create_key = false });
        await gateway.AskAsync("/user/new", new { user_id = "cyd", teams = new[] { "t" }, auto_create_key = false });
    }
}
