using OrleansLlm.Keys;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>The keys of a user, of a team and of an alias have lists of their own, which follow every change and which keys of older versions are brought into.</summary>
public class ShorterListTests
{
    [Fact]
    public async Task AKeyThatMovesAndIsDeleted_IsInTheListsItBelongsTo_AndNoOther()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var key = (await gateway.AskAsync("/key/generate", new { key_alias = "a", user_id = "ada", team_id = "t" })).GetProperty("token").GetString()!;
        var other = (await gateway.AskAsync("/key/generate", new { key_alias = "b", user_id = "ada" })).GetProperty("token").GetString()!;
        await HaveAsync(gateway, ("ada", "t", "a", [key]), ("ada", null, "b", [other]), ("ada", null, null, [key, other]));

        await gateway.AskAsync("/key/update", new { key, user_id = "bob", key_alias = "c" });
        await HaveAsync(gateway, ("ada", null, null, [other]), ("bob", null, null, [key]), (null, "t", null, [key]), (null, null, "a", []), (null, null, "c", [key]));
        // Every list says so itself, and not by what is left out when it is asked.
        Assert.Equal([key], await ListAsync(gateway, new IndexEntry("", "c", "bob", "t")));

        await gateway.AskAsync("/key/delete", new { keys = new[] { key } });
        await HaveAsync(gateway, ("bob", null, null, []), (null, "t", null, []), (null, null, "c", []), ("ada", null, null, [other]));
        Assert.Empty(await ListAsync(gateway, new IndexEntry("", "c", "bob", "t")));
    }

    [Fact]
    public async Task TheUsersOfATeam_AreFoundByIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, auto_create_key = false });
        var list = AccountLists.For(AccountKind.User, new IndexQuery(TeamId: "t"))!.Value;
        Assert.Equal(1, await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(list.List).CountAsync(list.Query));
        await gateway.AskAsync("/team/delete", new { team_ids = new[] { "t" } });
        Assert.Equal(0, await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(list.List).CountAsync(list.Query));
    }

    [Fact]
    public async Task KeysOfAnOlderVersion_AreFoundAtOnce_AndListedAfterwards()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var grains = gateway.Gateway.Grains;
        var old = Enumerable.Range(0, 200).Select(i => new IndexEntry($"{i:x64}", $"alias-{i}", $"u{i % 2}", null)).ToList();
        foreach (var bucket in old.ToLookup(e => AccountBuckets.Of(AccountKind.Key, e.Id))) await grains.GetGrain<IAccountIndexGrain>(bucket.Key).AdoptAsync([.. bucket]);
        await gateway.AskAsync("/key/generate", new { user_id = "u1" });
        var list = AccountLists.For(AccountKind.Key, new IndexQuery(UserId: "u1"))!.Value;

        Assert.Equal(101, (await gateway.AskAsync("/key/list?user_id=u1")).GetProperty("total_count").GetInt32());
        // Where it was broken off, the next question goes on with it.
        await Eventually.UntilAsync(
            async () =>
            {
                await gateway.AskAsync("/key/list?user_id=u1");
                return (await Task.WhenAll(AccountBuckets.All(AccountKind.Key).Select(b => grains.GetGrain<IAccountIndexGrain>(b).IsListedAsync()))).All(listed => listed);
            },
            "all are listed",
            TimeSpan.FromMinutes(3));
        Assert.Equal(101, await grains.GetGrain<IAccountIndexGrain>(list.List).CountAsync(list.Query));
        Assert.Equal(101, (await gateway.AskAsync("/key/list?user_id=u1")).GetProperty("total_count").GetInt32());
        Assert.Equal(1, (await gateway.AskAsync("/key/list?key_alias=alias-7")).GetProperty("total_count").GetInt32());
    }

    private static async Task HaveAsync(KeyGateway gateway, params (string? User, string? Team, string? Alias, string[] Keys)[] expected)
    {
        foreach (var (user, team, alias, keys) in expected)
        {
            var answer = await gateway.AskAsync($"/key/list?user_id={user}&team_id={team}&key_alias={alias}");
            Assert.Equal(keys.Order(), answer.GetProperty("keys").EnumerateArray().Select(k => k.GetString()!).Order());
            Assert.Equal(keys.Length, answer.GetProperty("total_count").GetInt32());
        }
    }

    /// <summary>Those of which all lists of an account say that they have them.</summary>
    private static async Task<IEnumerable<string>> ListAsync(KeyGateway gateway, IndexEntry of)
    {
        var lists = await Task.WhenAll(AccountLists.Of(AccountKind.Key, of).Select(async l => await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(l).SliceAsync(new IndexQuery(), 0, 100)));
        Assert.Equal(3, lists.Length);
        return lists.Select(l => l.Select(e => e.Id)).Aggregate((a, b) => a.Order().SequenceEqual(b.Order()) ? a : throw new InvalidOperationException("The lists differ."));
    }
}
