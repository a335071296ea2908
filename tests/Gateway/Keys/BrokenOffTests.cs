using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Audit;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Requests that change several accounts and end, or are come before, between two of them.</summary>
public class BrokenOffTests
{
    [Fact]
    public async Task AMemberThatIsHalfTakenOut_HasNoKeyMoreOfTheTeam_AndIsTakenOutByARepeat()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "ada" } });
        foreach (var _ in (int[])[1, 2]) await gateway.NewKeyAsync(new { user_id = "ada", team_id = "t" });

        // After the first key, then after the second, then after the user.
        audit.Then = entry => throw new InvalidOperationException("broken off");
        foreach (var left in (int[])[1, 0])
        {
            Assert.Equal(500, await DeleteAsync(gateway));
            Assert.Equal((left, 1), ((await gateway.AskAsync("/key/list?team_id=t")).GetProperty("total_count").GetInt32(), (await TeamAsync(gateway)).GetProperty("members_count").GetInt32()));
        }

        audit.Then = null;
        Assert.Equal(200, await DeleteAsync(gateway));
        Assert.Equal(0, (await TeamAsync(gateway)).GetProperty("members_count").GetInt32());
    }

    [Fact]
    public async Task ATeamThatIsDeletedMeanwhile_KeepsNobody()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "eve" } });
        // When one of two is in.
        audit.Then = entry => entry is { Action: "team.member_add", Target: "ada (team t, user)" } ? gateway.AskAsync("/team/delete", new { team_ids = new[] { "t" } }) : Task.CompletedTask;
        Assert.Equal(404, (int)(await gateway.PostAsync("/team/member_add", new { team_id = "t", member = new[] { new { user_id = "ada" }, new { user_id = "bob" } } })).StatusCode);
        foreach (var user in (string[])["ada", "bob", "eve"]) Assert.Equal("", await TeamOfAsync(gateway, user));

        // When it is the team's turn after its users.
        audit.Then = null;
        await gateway.AskAsync("/team/new", new { team_id = "u", members = new[] { "eve" } });
        audit.Then = entry => entry is { Action: "team.delete", Target: "eve (team u)" } ? gateway.AskAsync("/team/member_add", new { team_id = "u", member = new { user_id = "bob" } }) : Task.CompletedTask;
        await gateway.AskAsync("/team/delete", new { team_ids = new[] { "u" } });
        Assert.Equal(("", ""), (await TeamOfAsync(gateway, "bob"), await TeamOfAsync(gateway, "eve")));
    }

    [Theory]
    [InlineData("/team/member_add", "member")]
    [InlineData("/team/new", "members_with_roles")]
    public async Task MembersThatAreHalfAdded_AreCounted_AndTheRestIsAddedByARepeat(string path, string field)
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        if (path == "/team/member_add") await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.AskAsync("/team/new", new { team_id = "other" });
        await gateway.AskAsync("/user/new", new { user_id = "bob", auto_create_key = false });
        audit.Then = entry => entry.Target == "ada (team t, user)" ? gateway.AskAsync("/user/update", new { user_id = "bob", team_id = "other" }) : Task.CompletedTask;
        var members = new[] { new { user_id = "ada" }, new { user_id = "bob" } };
        var refused = await gateway.PostAsync(path, new Dictionary<string, object> { ["team_id"] = "t", [field] = members });
        var message = (await Setup.ErrorAsync(refused)).GetProperty("message").GetString();
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.EndsWith("Team t has 1 of the 2 new members: go on with /team/member_add.", message, StringComparison.Ordinal);

        audit.Then = null;
        await gateway.AskAsync("/user/update", new { user_id = "bob", team_id = (string?)null });
        await gateway.AskAsync("/team/member_add", new { team_id = "t", member = members });
        Assert.Equal(2, (await TeamAsync(gateway)).GetProperty("members_count").GetInt32());
    }

    [Fact]
    public async Task WhoIsLeftInATeamThatIsGone_CanBeTakenOut_OrJoinAnother()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "ada", "bob" } });
        // Past whatever a deletion does besides.
        await gateway.Gateway.Grains.GetGrain<IAccountGrain>(AccountKeys.Of(AccountKind.Team, "t")).DeleteAsync();
        await gateway.AskAsync("/team/new", new { team_id = "next", members = new[] { "ada" } });
        Assert.Equal("next", await TeamOfAsync(gateway, "ada"));
        Assert.Equal(200, (int)(await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = "bob" })).StatusCode);
        Assert.Equal("", await TeamOfAsync(gateway, "bob"));
        Assert.Equal(404, (int)(await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = "bob" })).StatusCode);
    }

    [Fact]
    public async Task AUserWhoseKeyCannotBeMade_IsNotMade_AndCanBeAskedForAgain()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var once = true;
        audit.Then = entry =>
        {
            if (entry.Action != "key.generate" || !once) return Task.CompletedTask;
            once = false;
            throw new TimeoutException("nobody answers");
        };
        Assert.NotEqual(200, (int)(await gateway.PostAsync("/user/new", new { user_id = "ada" })).StatusCode);
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, "/user/info?user_id=ada")).StatusCode);
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
        Assert.Equal(200, (int)(await gateway.PostAsync("/user/new", new { user_id = "ada" })).StatusCode);

        // The team goes between the look and the storing, and has looked for its users before.
        audit.Then = entry => entry is { Action: "user.new" or "user.update", Target: "bob" or "ada" } ? DeleteTeamAsync() : Task.CompletedTask;
        Assert.Equal(404, (int)(await gateway.PostAsync("/user/new", new { user_id = "bob", team_id = "t" })).StatusCode);
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, "/user/info?user_id=bob")).StatusCode);
        await gateway.Gateway.Grains.GetGrain<IAccountGrain>(AccountKeys.Of(AccountKind.Team, "t")).DeleteAsync();
        audit.Then = null;
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        audit.Then = entry => entry is { Action: "user.update", Target: "ada" } ? DeleteTeamAsync() : Task.CompletedTask;
        Assert.Equal(404, (int)(await gateway.PostAsync("/user/update", new { user_id = "ada", team_id = "t" })).StatusCode);
        Assert.Equal("", await TeamOfAsync(gateway, "ada"));

        Task DeleteTeamAsync() => gateway.Gateway.Grains.GetGrain<IAccountGrain>(AccountKeys.Of(AccountKind.Team, "t")).DeleteAsync();
    }

    [Fact]
    public async Task ADeletionThatIsBrokenOff_SaysWhoIsLeft()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        foreach (var user in (string[])["ada", "bob", "cyd"]) await gateway.AskAsync("/user/new", new { user_id = user });
        audit.Then = entry => entry is { Action: "user.delete", Target: "bob" } ? throw new OrleansLlm.Api.Errors.RequestException(Unavailable) : Task.CompletedTask;
        var refused = await gateway.PostAsync("/user/delete", new { user_ids = new[] { "ada", "bob", "cyd" } });
        Assert.EndsWith("Deleted: ada. Go on with: bob, cyd.", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoRegeneratesAKeyThatIsBeingChanged_IsToldSo_AndTheChangeHolds()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        var old = await gateway.NewKeyAsync(new { key_alias = "a", max_budget = 5 });
        // It is claimed, then there is a new one; after that it is deleted.
        foreach (var moment in (int[])[1, 2])
        {
            var (seen, until) = (0, $"2030-01-0{moment}T00:00:00Z");
            audit.Then = async entry =>
            {
                if (entry.Action != "key.regenerate" || Interlocked.Increment(ref seen) != moment) return;
                Assert.Equal(200, (int)(await gateway.PostAsync("/key/update", new { key = old, expires = until, blocked = moment == 1 })).StatusCode);
            };
            Assert.Equal(409, (int)(await gateway.PostAsync($"/key/{old}/regenerate", new { })).StatusCode);
            Assert.StartsWith(until[..10], (await gateway.AskAsync($"/key/info?key={old}")).GetProperty("info").GetProperty("expires").GetString(), StringComparison.Ordinal);
            Assert.Equal(1, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
            Assert.Equal(moment == 1 ? 401 : 200, await gateway.ChatStatusAsync(old));
        }

        audit.Then = null;
        var key = (await gateway.AskAsync($"/key/{old}/regenerate", new { })).GetProperty("key").GetString()!;
        Assert.Equal((200, 401), (await gateway.ChatStatusAsync(key), await gateway.ChatStatusAsync(old)));
        var both = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.PostAsync($"/key/{key}/regenerate", new { })));
        Assert.Single(both, b => (int)b.StatusCode == 200);
        Assert.Equal(1, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());

        // What cannot be done leaves the key as it was.
        var last = (await gateway.AskAsync("/key/list?return_full_object=true")).GetProperty("keys")[0].GetProperty("token").GetString()!;
        var there = await gateway.NewKeyAsync(new { });
        Assert.Equal(409, (int)(await gateway.PostAsync($"/key/{last}/regenerate", new { new_key = there })).StatusCode);
        Assert.False((await gateway.AskAsync($"/key/info?key={last}")).GetProperty("info").GetProperty("blocked").GetBoolean());
    }

    [Fact]
    public async Task WhereTheOldKeyIsGoneAndNobodySaysSo_TheNewOneIsToldAndLetIn()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        var old = await gateway.NewKeyAsync(new { });
        var steps = 0;
        // It is claimed, there is a new one, and it is deleted.
        audit.Then = entry => entry.Action == "key.regenerate" && ++steps == 3 ? throw new OrleansLlm.Api.Errors.RequestException(Unavailable) : Task.CompletedTask;
        var answer = await gateway.AskAsync($"/key/{old}/regenerate", new { });
        Assert.False(answer.GetProperty("blocked").GetBoolean());
        Assert.Equal((200, 401), (await gateway.ChatStatusAsync(answer.GetProperty("key").GetString()!), await gateway.ChatStatusAsync(old)));
    }

    [Fact]
    public async Task AKeyThatIsBlockedWhileItIsMadeAnew_StaysBlocked()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        var old = await gateway.NewKeyAsync(new { });
        const string Next = "sk-next-0123456789";
        var steps = 0;
        audit.Then = entry => entry.Action == "key.regenerate" && ++steps == 3 ? gateway.AskAsync("/key/block", new { key = Next }) : Task.CompletedTask;
        Assert.True((await gateway.AskAsync($"/key/{old}/regenerate", new { new_key = Next })).GetProperty("blocked").GetBoolean());
        Assert.Equal((401, 401), (await gateway.ChatStatusAsync(Next), await gateway.ChatStatusAsync(old)));
    }

    [Fact]
    public async Task AnEntryOfAnAliasThatAChangeHasLeft_DeletesNoKeyOfAnotherName()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var token = (await gateway.AskAsync("/key/generate", new { key_alias = "dev" })).GetProperty("token").GetString()!;
        var list = AccountLists.For(AccountKind.Key, new IndexQuery(Alias: "prod"))!.Value.List;
        await gateway.Gateway.Grains.GetGrain<IAccountIndexGrain>(list).PutBelowAsync(new IndexEntry(token, "prod", null, null));
        Assert.Equal(400, (int)(await gateway.PostAsync("/key/delete", new { key_aliases = new[] { "prod" } })).StatusCode);
        Assert.Equal("dev", (await gateway.AskAsync($"/key/info?key={token}")).GetProperty("info").GetProperty("key_alias").GetString());
    }

    [Fact]
    public async Task TheAuditLog_NamesTheTeamAndTheRole()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        await gateway.AskAsync("/team/new", new { team_id = "t", admins = new[] { "eve" } });
        await gateway.AskAsync("/team/member_add", new { team_id = "t", member = new { user_id = "ada" } });
        var key = (await gateway.AskAsync("/key/generate", new { user_id = "ada", team_id = "t" })).GetProperty("token").GetString();
        await gateway.AskAsync("/team/member_update", new { team_id = "t", user_id = "ada", role = "admin" });
        await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_id = "ada" });
        Assert.Equal(["t", "eve (team t, admin)"], audit.Of("team.new").Select(e => e.Target));
        Assert.Equal(["ada (team t, user)"], audit.Of("team.member_add").Select(e => e.Target));
        Assert.Equal(["ada (team t, admin)"], audit.Of("team.member_update").Select(e => e.Target));
        Assert.Equal([$"{key} (team t)", "ada (team t)"], audit.Of("team.member_delete").Select(e => e.Target));
    }

    private static OrleansLlm.Api.Errors.ApiError Unavailable { get; } = new(503, "Nobody answers.", "server_error", "unavailable");

    private static async Task<string> TeamOfAsync(KeyGateway gateway, string user) =>
        string.Join(", ", (await gateway.AskAsync("/user/info?user_id=" + user)).GetProperty("user_info").GetProperty("teams").EnumerateArray().Select(t => t.GetString()));

    private static async Task<int> DeleteAsync(KeyGateway gateway) => (int)(await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = "ada" })).StatusCode;

    private static async Task<System.Text.Json.JsonElement> TeamAsync(KeyGateway gateway) => (await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info");
}
