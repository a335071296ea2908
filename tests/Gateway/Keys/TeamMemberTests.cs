using System.Net;
using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary><c>/team/member_*</c> and the members of a new team, as scripts that were written for LiteLLM say them.</summary>
public class TeamMemberTests
{
    [Fact]
    public async Task AddedMembers_AreOfTheTeam_AndMadeWhereTheyAreNotKnown()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", models = new[] { "m" } });
        await gateway.AskAsync("/user/new", new { user_id = "ada", user_email = "Ada@example.org", auto_create_key = false });
        var key = await gateway.NewKeyAsync(new { user_id = "ada" });
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "n"));

        var answer = await gateway.AskAsync("/team/member_add", new { team_id = "t", member = new { role = "admin", user_id = "ada" } });
        Assert.Equal(("t", "ada:admin"), (answer.GetProperty("team_id").GetString(), MembersOf(answer)));
        Assert.Equal("ada", Assert.Single(answer.GetProperty("updated_users").EnumerateArray()).GetProperty("user_id").GetString());
        var membership = Assert.Single(answer.GetProperty("updated_team_memberships").EnumerateArray());
        Assert.Equal(("ada", "t", JsonValueKind.Null), (membership.GetProperty("user_id").GetString(), membership.GetProperty("team_id").GetString(), membership.GetProperty("budget_id").ValueKind));
        // What the team allows is what the user's keys may.
        Assert.Equal((403, 200), (await gateway.ChatStatusAsync(key, "n"), await gateway.ChatStatusAsync(key)));

        // A list, with one of them that is in, one by email who is not known, and one whom the same request names twice.
        answer = await gateway.AskAsync("/team/member_add", new
        {
            team_id = "t",
            member = new object[] { new { role = "user", user_email = "ada@EXAMPLE.org" }, new { role = "user", user_email = "bob@example.org" }, new { role = "user", user_email = "bob@example.org" }, new { user_id = "cyd", user_email = "c@example.org" } },
        });
        Assert.Equal(2, answer.GetProperty("updated_users").GetArrayLength());
        var bob = (await gateway.AskAsync("/user/list?user_email=bob@")).GetProperty("users").EnumerateArray().Single();
        Assert.Equal(("t", "c@example.org"), (bob.GetProperty("teams")[0].GetString(), (await gateway.AskAsync("/user/info?user_id=cyd")).GetProperty("user_info").GetProperty("user_email").GetString()));
        Assert.Equal($"ada:admin, cyd:user, {bob.GetProperty("user_id").GetString()}:user", MembersOf((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info")));
        Assert.Equal(1, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
    }

    [Fact]
    public async Task AUserOfAnotherTeam_IsNotAdded_AndNobodyWithIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.AskAsync("/team/new", new { team_id = "other", members_with_roles = new[] { new { role = "user", user_id = "ada" } } });
        var refused = await gateway.PostAsync("/team/member_add", new { team_id = "t", member = new[] { new { role = "user", user_id = "bob" }, new { role = "user", user_id = "ada" } } });
        var error = await Setup.ErrorAsync(refused);
        Assert.Equal((HttpStatusCode.BadRequest, "in_another_team"), (refused.StatusCode, error.GetProperty("code").GetString()));
        Assert.Contains("User ada is in team other", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, "/user/info?user_id=bob")).StatusCode);
        Assert.Equal("", MembersOf((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info")));

        // Neither by a team that is made with it, which then is not there.
        Assert.Equal(400, (int)(await gateway.PostAsync("/team/new", new { team_id = "new", members = new[] { "ada" } })).StatusCode);
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, "/team/info?team_id=new")).StatusCode);
    }

    [Fact]
    public async Task AMemberThatIsTakenOut_LosesItsKeysOfTheTeam_AndCanJoinAnother()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var team = await gateway.AskAsync("/team/new", new { team_id = "t", members_with_roles = new[] { new { role = "user", user_id = "ada" } }, admins = new[] { "eve" }, members = new[] { "bob" } });
        Assert.Equal("ada:user, bob:user, eve:admin", MembersOf(team));
        var (own, ofTeam) = (await gateway.NewKeyAsync(new { user_id = "ada" }), await gateway.NewKeyAsync(new { user_id = "ada", team_id = "t" }));
        var others = await gateway.NewKeyAsync(new { user_id = "bob", team_id = "t" });

        var answer = await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_id = "ada" });
        Assert.Equal(("t", "bob:user, eve:admin"), (answer.GetProperty("team_id").GetString(), MembersOf(answer)));
        Assert.Equal((200, 401, 200), (await gateway.ChatStatusAsync(own), await gateway.ChatStatusAsync(ofTeam), await gateway.ChatStatusAsync(others)));
        var refused = await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = "ada" });
        Assert.Equal((400, "team_member_not_found"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));

        // The role was the old team's.
        await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_id = "eve" });
        await gateway.AskAsync("/team/new", new { team_id = "next" });
        await gateway.AskAsync("/user/update", new { user_id = "eve", team_id = "next" });
        Assert.Equal("eve:user", MembersOf((await gateway.AskAsync("/team/info?team_id=next")).GetProperty("team_info")));
    }

    [Fact]
    public async Task ARole_IsChanged_ByIdOrEmail()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", members_with_roles = new[] { new { role = "user", user_email = "ada@example.org" } } });
        var changed = await gateway.AskAsync("/team/member_update", new { team_id = "t", user_email = "ada@example.org", role = "admin" });
        var id = changed.GetProperty("user_id").GetString();
        Assert.Equal(("t", "ada@example.org"), (changed.GetProperty("team_id").GetString(), changed.GetProperty("user_email").GetString()));
        Assert.Equal($"{id}:admin", MembersOf((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info")));
        await gateway.AskAsync("/team/member_update", new { team_id = "t", user_id = id, role = "user" });
        Assert.Equal($"{id}:user", MembersOf((await gateway.AskAsync("/team/list"))[0]));
    }

    [Fact]
    public async Task ATeamThatIsReadAndSentBack_IsUpdated_AndShownWithItsMembers()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "ada" }, admins = new[] { "eve" } });
        await gateway.AskAsync("/user/update", new { user_id = "eve", user_email = "eve@example.org" });
        var read = (await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info");
        var updated = await gateway.AskAsync("/team/update", new { team_id = "t", team_alias = "core", members_with_roles = read.GetProperty("members_with_roles") });
        Assert.Equal(("core", "ada:user, eve:admin"), (updated.GetProperty("data").GetProperty("team_alias").GetString(), MembersOf(updated.GetProperty("data"))));
        // As LiteLLM knows them: with the administrator, and by email.
        var members = new object[] { new { role = "admin", user_id = "default_user_id" }, new { role = "admin", user_email = "Eve@example.org" }, new { role = "user", user_id = "ada" } };
        await gateway.AskAsync("/team/update", new { team_id = "t", members_with_roles = members });
    }

    /// <summary>LiteLLM's type and words, by which scripts pass over it.</summary>
    [Fact]
    public async Task WhoIsIn_IsRefusedUnderLiteLlmsName()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "ada" } });
        var error = await Setup.ErrorAsync(await gateway.PostAsync("/team/member_add", new { team_id = "t", member = new { user_id = "ada" } }));
        Assert.Equal("team_member_already_in_team", error.GetProperty("type").GetString());
        Assert.Contains("already in team", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoIsNoMember_ButHasKeysOfTheTeam_LosesThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        await gateway.AskAsync("/user/new", new { user_id = "ada", auto_create_key = false });
        foreach (var user in (string[])["ada", "nobody made"])
        {
            var (ofTeam, own) = (await gateway.NewKeyAsync(new { user_id = user, team_id = "t" }), await gateway.NewKeyAsync(new { user_id = user }));
            await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_id = user });
            Assert.Equal((401, 200), (await gateway.ChatStatusAsync(ofTeam), await gateway.ChatStatusAsync(own)));
            Assert.Equal(400, (int)(await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = user })).StatusCode);
        }
    }

    [Fact]
    public async Task AnEmailOfAMember_IsLookedForAmongTheTeam_AndAnEmptyIdBesideItSaysNothing()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        foreach (var (user, team) in ((string, string?)[])[("in", "t"), ("out", null)]) await gateway.AskAsync("/user/new", new { user_id = user, user_email = "a@example.org", team_id = team, auto_create_key = false });
        Assert.Equal("in", (await gateway.AskAsync("/team/member_update", new { team_id = "t", user_id = "", user_email = "A@example.org", role = "admin" })).GetProperty("user_id").GetString());
        Assert.Equal("", MembersOf(await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_email = "a@example.org" })));
        Assert.Equal("out:user", MembersOf(await gateway.AskAsync("/team/member_add", new { team_id = "t", member = new { user_id = "out", user_email = "" } })));
    }

    [Fact]
    public async Task TheAdministratorsName_IsPassedOver()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var administrator = new { role = "admin", user_id = "default_user_id" };
        Assert.Equal("ada:user", MembersOf(await gateway.AskAsync("/team/new", new { team_id = "t", members_with_roles = new object[] { administrator, new { role = "user", user_id = "ada" } } })));
        await gateway.AskAsync("/team/new", new { team_id = "u", members_with_roles = new[] { administrator }, admins = new[] { "default_user_id" } });
        var unchanged = await gateway.AskAsync("/team/member_add", new { team_id = "u", member = administrator });
        Assert.Equal(("", 0), (MembersOf(unchanged), unchanged.GetProperty("updated_users").GetArrayLength()));
        Assert.Equal(1, (await gateway.AskAsync("/user/list")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task WhoIsNamedByEmail_IsTheSameUser_InRequestsAtTheSameTime_AndWithinOne()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            (int)(await gateway.PostAsync("/team/member_add", new { team_id = "t", member = new { user_email = i % 2 == 0 ? "bob@example.org" : "Bob@Example.org" } })).StatusCode));
        Assert.Contains(200, statuses);
        Assert.All(statuses, status => Assert.True(status is 200 or 400, $"{status}"));
        Assert.Equal(1, (await gateway.AskAsync("/user/list")).GetProperty("total").GetInt32());

        // Who is known, who is made by the same request, and who is named twice.
        await gateway.AskAsync("/user/new", new { user_id = "ada", user_email = "ada@example.org", auto_create_key = false });
        var added = await gateway.AskAsync("/team/member_add", new
        {
            team_id = "t",
            member = new object[] { new { user_email = "C@example.org" }, new { user_email = "ADA@example.org" }, new { user_id = "cyd", user_email = "c@example.org" }, new { user_id = "ada", user_email = "other@example.org" } },
        });
        Assert.Equal(["ada", "cyd"], added.GetProperty("updated_users").EnumerateArray().Select(u => u.GetProperty("user_id").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await gateway.AskAsync("/user/list")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task WhoWasMadeForAnEmail_AndHasAnotherNow_IsNotTakenForIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var made = (await gateway.AskAsync("/team/member_add", new { team_id = "t", member = new { user_email = "bob@example.org" } })).GetProperty("updated_users")[0].GetProperty("user_id").GetString();
        await gateway.AskAsync("/team/member_delete", new { team_id = "t", user_id = made });
        await gateway.AskAsync("/user/update", new { user_id = made, user_email = "robert@example.org" });
        var refused = await gateway.PostAsync("/team/member_add", new { team_id = "t", member = new { user_email = "bob@example.org" } });
        Assert.Equal((400, "user_email"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
        Assert.Equal("", MembersOf((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info")));
    }

    [Theory]
    [InlineData("/team/member_add", """{"team_id": "t"}""", 400, "member")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": []}""", 400, "member")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": "ada"}""", 400, "member")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": {"role": "user"}}""", 400, "member")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": {"role": "owner", "user_id": "ada"}}""", 400, "member.role")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": {"role": "user", "user_id": "ada"}, "max_budget_in_team": 0}""", 400, "max_budget_in_team")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": {"role": "user", "user_id": "in"}}""", 400, "member")]
    [InlineData("/team/member_add", """{"team_id": "t", "member": {"role": "user", "user_email": "twice@example.org"}}""", 400, "user_email")]
    [InlineData("/team/member_add", """{"team_id": "nope", "member": {"role": "user", "user_id": "ada"}}""", 404, null)]
    [InlineData("/team/member_update", """{"team_id": "t", "user_id": "in", "max_budget_in_team": 5}""", 400, "max_budget_in_team")]
    [InlineData("/team/member_update", """{"team_id": "t", "user_id": "in", "tpm_limit": 5}""", 400, "tpm_limit")]
    [InlineData("/team/member_update", """{"team_id": "t", "user_id": "in", "role": "owner"}""", 400, "role")]
    [InlineData("/team/member_update", """{"team_id": "t", "user_id": "one", "role": "admin"}""", 400, "user_id")]
    [InlineData("/team/member_update", """{"team_id": "t", "role": "admin"}""", 400, "user_id")]
    [InlineData("/team/member_delete", """{"team_id": "t", "user_email": "both@example.org"}""", 400, "user_email")]
    [InlineData("/team/member_delete", """{"team_id": "t", "user_email": "twice@example.org"}""", 400, "user_id")]
    [InlineData("/team/member_delete", """{"team_id": "t", "user_id": "default_user_id"}""", 400, "user_id")]
    [InlineData("/team/member_delete", """{"team_id": "nope", "user_id": "in"}""", 404, null)]
    [InlineData("/team/update", """{"team_id": "t", "members_with_roles": [{"role": "user", "user_id": "ada"}]}""", 400, "members_with_roles")]
    [InlineData("/team/update", """{"team_id": "t", "members_with_roles": []}""", 400, "members_with_roles")]
    [InlineData("/team/update", """{"team_id": "t", "members_with_roles": [{"role": "user", "user_id": "in"}, {"role": "user", "user_id": "in2"}, {"role": "admin", "user_id": "all"}]}""", 400, "members_with_roles")]
    [InlineData("/team/update", """{"team_id": "nope", "members_with_roles": [{"role": "user", "user_id": "ada"}]}""", 404, null)]
    public async Task WhatCannotBeDone_IsRefused_AndChangesNothing(string path, string body, int status, string? field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "in" } });
        foreach (var user in (string[])["one", "two"]) await gateway.AskAsync("/user/new", new { user_id = user, user_email = "twice@example.org", auto_create_key = false });
        foreach (var user in (string[])["all", "in2"]) await gateway.AskAsync("/user/new", new { user_id = user, user_email = "both@example.org", team_id = "t", auto_create_key = false });
        var refused = await gateway.PostAsync(path, JsonDocument.Parse(body).RootElement);
        Assert.Equal(status, (int)refused.StatusCode);
        if (field is not null) Assert.Equal(field, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString());
        Assert.Equal("all:user, in2:user, in:user", MembersOf((await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info")));
        Assert.Equal(5, (await gateway.AskAsync("/user/list")).GetProperty("total").GetInt32());
    }

    private static string MembersOf(JsonElement team) => string.Join(", ", team.GetProperty("members_with_roles").EnumerateArray()
        .Select(m => $"{m.GetProperty("user_id").GetString()}:{m.GetProperty("role").GetString()}").Order(StringComparer.Ordinal));
}
