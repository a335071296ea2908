using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Virtual keys: made, asked about, changed and taken away; what each may do, and what those are told who may not.</summary>
public class KeyTests
{
    [Fact]
    public async Task AKey_IsMadeInLiteLlmsShape_AndServes()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var made = await gateway.AskAsync("/key/generate", new
        {
            key_alias = "first", models = new[] { "m" }, duration = "30d", max_budget = 12.5, budget_duration = "30d", rpm_limit = 50, tpm_limit = 9000, max_parallel_requests = 3,
            model_rpm_limit = new { m = 7 }, metadata = new { team = "core" }, priority = 2, weight = 2.5, user_id = "ada", tags = new[] { "a" },
        });
        var key = made.GetProperty("key").GetString()!;
        Assert.StartsWith("sk-", key, StringComparison.Ordinal);
        Assert.True(key.Length >= 32);
        Assert.Equal("sk-..." + key[^4..], made.GetProperty("key_name").GetString());
        var hash = made.GetProperty("token").GetString()!;
        Assert.Equal(64, hash.Length);
        Assert.Equal(200, await gateway.ChatStatusAsync(key));

        var answer = await gateway.AskAsync("/key/info?key=" + key);
        Assert.Equal(hash, answer.GetProperty("key").GetString());
        var info = answer.GetProperty("info");
        Assert.Equal(
            ("first", 12.5, "30d", 50, 9000, 3),
            (info.GetProperty("key_alias").GetString(), info.GetProperty("max_budget").GetDouble(), info.GetProperty("budget_duration").GetString(),
                info.GetProperty("rpm_limit").GetInt32(), info.GetProperty("tpm_limit").GetInt32(), info.GetProperty("max_parallel_requests").GetInt32()));
        Assert.Equal(("core", 7, 2, 2.5, "ada"), (info.GetProperty("metadata").GetProperty("team").GetString(), info.GetProperty("model_rpm_limit").GetProperty("m").GetInt32(),
            info.GetProperty("priority").GetInt32(), info.GetProperty("weight").GetDouble(), info.GetProperty("user_id").GetString()));
        Assert.Equal("a", info.GetProperty("tags")[0].GetString());
        Assert.InRange(info.GetProperty("expires").GetDateTimeOffset() - info.GetProperty("created_at").GetDateTimeOffset(), TimeSpan.FromDays(29.99), TimeSpan.FromDays(30.01));
        // The key itself is nowhere but in the answer that made it.
        Assert.DoesNotContain(key, answer.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(JsonSerializer.Serialize(info), JsonSerializer.Serialize((await gateway.AskAsync("/key/info?key=" + hash)).GetProperty("info")));
    }

    [Fact]
    public async Task AKeyOfAnotherGateway_IsMadeByItsHash_WithItsEndAndItsSpend()
    {
        const string Known = "sk-somebody-has-this-key";
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Known)));
        var made = await gateway.AskAsync("/key/generate", new { key_hash = hash, key_name = Known, expires = "2999-01-31T12:00:00", max_budget = 5, spend = 1.5 });
        Assert.Equal((hash, "sk-...", "2999-01-31T12:00:00.000Z", 1.5), (made.GetProperty("key").GetString(), made.GetProperty("key_name").GetString(), made.GetProperty("expires").GetString(), made.GetProperty("spend").GetDouble()));
        Assert.Equal(200, await gateway.ChatStatusAsync(Known));
        Assert.Equal(409, (int)(await gateway.PostAsync("/key/generate", new { key_hash = hash })).StatusCode);

        // A listing that is sent back has the old end beside what is new.
        var updated = await gateway.AskAsync("/key/update", new { key = hash, expires = "2999-01-31T12:00:00.000Z", duration = "1d" });
        Assert.True(updated.GetProperty("expires").GetDateTimeOffset().Year < 2999);
        // Null takes it back, and a listing of one that never ends has null.
        Assert.Equal(JsonValueKind.Null, (await gateway.AskAsync("/key/update", new { key = hash, expires = "2999-01-31", duration = (string?)null })).GetProperty("expires").ValueKind);
        Assert.False((await gateway.AskAsync("/key/info?key=" + hash)).GetProperty("info").GetProperty("blocked").GetBoolean());
        await gateway.AskAsync("/key/update", new { key = hash, expires = "2001-01-31" });
        Assert.Equal(401, await gateway.ChatStatusAsync(Known));
    }

    [Theory]
    [InlineData("""{"key_hash": "sk-no-hash-at-all-this-is"}""", "key_hash")]
    [InlineData("""{"key_hash": "01fd84cd5b26ef6d03dc0810e59266b1c7d242a30f5e48a42e6e714114d3fece", "key": "sk-beside-it-a-key-1"}""", "key_hash")]
    [InlineData("""{"key_hash": "MASTER"}""", "key_hash")]
    [InlineData("""{"key_hash": "01fd84cd5b26ef6d03dc0810e59266b1c7d242a30f5e48a42e6e714114d3fece", "team_id": "gone"}""", "")]
    [InlineData("""{"expires": "tomorrow"}""", "expires")]
    [InlineData("""{"spend": -3, "max_budget": 5}""", "spend")]
    public async Task WhatCannotBeTakenOver_IsRefusedByName_AndNothingIsMade(string body, string field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var master = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(KeyGateway.Master)));
        var answer = await gateway.PostAsync("/key/generate", JsonDocument.Parse(body.Replace("MASTER", master, StringComparison.Ordinal)).RootElement);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == (field.Length > 0 ? 400 : 404), text);
        if (field.Length > 0) Assert.Equal(field, JsonDocument.Parse(text).RootElement.GetProperty("error").GetProperty("param").GetString());
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
    }

    [Fact]
    public async Task TheStore_HoldsNoKey_AndARestartKeepsIt()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-keys-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        string key;
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder))
        {
            key = await gateway.NewKeyAsync(new { key_alias = "kept", models = new[] { "m" } });
            Assert.Equal(200, await gateway.ChatStatusAsync(key));
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(key)));
        }

        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder))
        {
            Assert.Equal(200, await gateway.ChatStatusAsync(key));
            Assert.Equal(403, await gateway.ChatStatusAsync(key, "n"));
            Assert.Equal("kept", (await gateway.AskAsync("/key/info?key=" + key)).GetProperty("info").GetProperty("key_alias").GetString());
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ABlockedOrDeletedKey_IsRefusedAtOnceWhereItWasDone_WithLiteLlmsSentence()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { });
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        await gateway.AskAsync("/key/block", new { key });
        var blocked = await gateway.ChatAsync(key);
        Assert.Equal(401, (int)blocked.StatusCode);
        var error = await Setup.ErrorAsync(blocked);
        Assert.Equal(("Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.", "auth_error"), (error.GetProperty("message").GetString(), error.GetProperty("type").GetString()));
        Assert.True((await gateway.AskAsync("/key/unblock", new { key })).GetProperty("blocked").ValueKind == JsonValueKind.False);
        Assert.Equal(200, await gateway.ChatStatusAsync(key));

        var hash = (await gateway.AskAsync("/key/info?key=" + key)).GetProperty("key").GetString();
        Assert.Equal(hash, (await gateway.AskAsync("/key/delete", new { keys = new[] { key } })).GetProperty("deleted_keys")[0].GetString());
        var gone = await gateway.ChatAsync(key);
        Assert.Equal((401, "false"), ((int)gone.StatusCode, gone.Headers.GetValues("x-should-retry").Single()));
        error = await Setup.ErrorAsync(gone);
        Assert.Equal("token_not_found_in_db", error.GetProperty("type").GetString());
        Assert.StartsWith("Authentication Error, Invalid proxy server token passed. Received API Key = sk-..." + key[^4..], error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(key, error.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, "/key/info?key=" + hash)).StatusCode);
        Assert.Equal(404, (int)(await gateway.PostAsync("/key/delete", new { keys = new[] { key } })).StatusCode);
    }

    [InjectedTimeFact]
    public async Task AKey_ServesUntilItExpires()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, time: time);
        var key = await gateway.NewKeyAsync(new { duration = "60s" });
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        time.Advance(TimeSpan.FromSeconds(1));
        var expired = await gateway.ChatAsync(key);
        Assert.Equal(401, (int)expired.StatusCode);
        var error = await Setup.ErrorAsync(expired);
        Assert.Equal("expired_key", error.GetProperty("type").GetString());
        Assert.StartsWith("Authentication Error - Expired Key. Key Expiry time 2026-01-01 00:01:00", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await gateway.AskAsync("/key/update", new { key, duration = "1h" });
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
    }

    [InjectedTimeFact]
    public async Task WhatAnotherNodeHasBlocked_IsRefusedWithinASecond()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, time: time);
        var key = await gateway.NewKeyAsync(new { });
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        // Past this node's front end, as another node does it.
        var hash = (await gateway.AskAsync("/key/info?key=" + key)).GetProperty("key").GetString()!;
        var grain = gateway.Gateway.Grains.GetGrain<OrleansLlm.Keys.IAccountGrain>("key:" + hash);
        var account = await grain.GetAsync();
        Assert.IsType<OrleansLlm.Keys.AccountDone>(await grain.PutAsync(new(account! with { Blocked = true }, account.Version, "elsewhere")));
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await gateway.ChatStatusAsync(key));
    }

    [Fact]
    public async Task AKey_SeesAndUsesOnlyItsModels_AlsoByFallbacksOfItsOwn()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { models = new[] { "m" } });
        var denied = await gateway.ChatAsync(key, "n");
        Assert.Equal(403, (int)denied.StatusCode);
        var error = await Setup.ErrorAsync(denied);
        Assert.Equal(
            ("key not allowed to access model. This key can only access models=['m']. Tried to access n", "key_model_access_denied", "model"),
            (error.GetProperty("message").GetString(), error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
        Assert.Equal(403, (int)(await gateway.ChatAsync(key, fallbacks: new[] { "n" })).StatusCode);
        Assert.Equal(403, (int)(await gateway.ChatAsync(key, fallbacks: new[] { new { m = new[] { "n" } } })).StatusCode);
        // Whether there is such a model is none of its business.
        Assert.Equal(403, await gateway.ChatStatusAsync(key, "no-such-model"));
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        Assert.Equal(1, ollama.Stats.Started);

        async Task<string[]> SeenAsync(string path, string id, string by)
        {
            var text = await (await gateway.SendAsync(HttpMethod.Get, path, key: by)).Content.ReadAsStringAsync();
            return [.. JsonDocument.Parse(text).RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty(id).GetString()!)];
        }

        Assert.Equal(["m"], await SeenAsync("/v1/models", "id", key));
        Assert.Equal(["m", "n"], await SeenAsync("/v1/models", "id", KeyGateway.Master));
        Assert.Equal(["m"], await SeenAsync("/model/info", "model_name", key));
        Assert.Equal(403, (int)(await gateway.SendAsync(HttpMethod.Get, "/v1/models/n", key: key)).StatusCode);
        Assert.Equal(200, (int)(await gateway.SendAsync(HttpMethod.Get, "/v1/models/m", key: key)).StatusCode);
    }

    [Fact]
    public async Task AModelIsOpen_OnlyWhereKeyUserAndTeamAllowIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", models = new[] { "m" } });
        await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, auto_create_key = false });
        var key = await gateway.NewKeyAsync(new { user_id = "ada" });
        var denied = await gateway.ChatAsync(key, "n");
        Assert.Equal((403, "team_model_access_denied"), ((int)denied.StatusCode, (await Setup.ErrorAsync(denied)).GetProperty("type").GetString()));
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        await gateway.AskAsync("/team/update", new { team_id = "t", models = new[] { "m", "n" } });
        await gateway.AskAsync("/user/update", new { user_id = "ada", models = new[] { "n" } });
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "n"));
        denied = await gateway.ChatAsync(key);
        Assert.Equal((403, "user_model_access_denied"), ((int)denied.StatusCode, (await Setup.ErrorAsync(denied)).GetProperty("type").GetString()));
    }

    [Fact]
    public async Task BlockingAUserOrATeam_BlocksItsKeys_AndDeletingItDeletesThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        var first = (await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" } })).GetProperty("key").GetString()!;
        var second = await gateway.NewKeyAsync(new { user_id = "ada" });
        var ofTeam = await gateway.NewKeyAsync(new { team_id = "t" });
        await gateway.AskAsync("/team/block", new { team_id = "t" });
        Assert.All([await gateway.ChatStatusAsync(first), await gateway.ChatStatusAsync(second), await gateway.ChatStatusAsync(ofTeam)], s => Assert.Equal(401, s));
        await gateway.AskAsync("/team/unblock", new { team_id = "t" });
        await gateway.AskAsync("/user/update", new { user_id = "ada", blocked = true });
        Assert.Equal((401, 200), (await gateway.ChatStatusAsync(first), await gateway.ChatStatusAsync(ofTeam)));
        await gateway.AskAsync("/user/update", new { user_id = "ada", blocked = false });
        Assert.Equal(2, (await gateway.AskAsync("/user/info?user_id=ada")).GetProperty("keys").GetArrayLength());

        // The team goes with the key that is its own; its user stays, without a team.
        await gateway.AskAsync("/team/delete", new { team_ids = new[] { "t" } });
        Assert.Equal((200, 401), (await gateway.ChatStatusAsync(first), await gateway.ChatStatusAsync(ofTeam)));
        await gateway.AskAsync("/user/delete", new { user_ids = new[] { "ada" } });
        Assert.Equal((401, 401), (await gateway.ChatStatusAsync(first), await gateway.ChatStatusAsync(second)));
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
        Assert.Equal(404, (int)(await gateway.PostAsync("/key/generate", new { team_id = "t" })).StatusCode);
    }

    [Fact]
    public async Task AVirtualKey_ManagesNothing_AndKnowsItself()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { key_alias = "mine" });
        var other = await gateway.NewKeyAsync(new { });
        foreach (var path in (string[])["/key/generate", "/key/update", "/key/delete", "/key/block", "/key/unblock", "/key/regenerate", "/user/new", "/user/delete", "/team/new", "/team/block", "/team/member_add", "/team/member_delete", "/team/member_update"])
        {
            var refused = await gateway.PostAsync(path, new { key }, key);
            Assert.Equal((403, "admin_only"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));
        }

        foreach (var path in (string[])["/key/list", "/key/aliases", "/user/list", "/team/list", "/v2/team/list", "/user/info", "/user/info?user_id=x", "/key/info?key=" + other])
        {
            Assert.Equal(403, (int)(await gateway.SendAsync(HttpMethod.Get, path, key: key)).StatusCode);
        }

        var own = JsonDocument.Parse(await (await gateway.SendAsync(HttpMethod.Get, "/key/info", key: key)).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("mine", own.GetProperty("info").GetProperty("key_alias").GetString());
        Assert.Equal(200, await gateway.ChatStatusAsync(other));
    }

    [Fact]
    public async Task WithoutAMasterKey_NobodyMakesKeys()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        var refused = await gateway.PostAsync("{}", path: "/key/generate");
        Assert.Equal((403, "master_key_required"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));
        Assert.Equal(403, (int)(await gateway.Http.GetAsync("/key/list")).StatusCode);
    }

    [Theory]
    [InlineData("""{"rpm_limit": 0}""", "rpm_limit")]
    [InlineData("""{"rpm_limit": "many"}""", "rpm_limit")]
    [InlineData("""{"duration": "soon"}""", "duration")]
    [InlineData("""{"models": "m"}""", "models")]
    [InlineData("""{"metadata": []}""", "metadata")]
    [InlineData("""{"priority": 256}""", "priority")]
    [InlineData("""{"weight": 0}""", "weight")]
    [InlineData("""{"key": "short"}""", "key")]
    [InlineData("""{"key": "sk-the-master-key-1234"}""", "key")]
    [InlineData("""{"key_type": "management"}""", "key_type")]
    [InlineData("""{"allowed_routes": ["/x"]}""", "allowed_routes")]
    [InlineData("""{"budget_id": "b"}""", "budget_id")]
    [InlineData("""{"temp_budget_increase": 5, "temp_budget_expiry": "1d"}""", "temp_budget_increase")]
    [InlineData("""{"temp_budget_expiry": "1d"}""", "temp_budget_expiry")]
    [InlineData("""{"budget_limits": [{"budget_duration": "1d", "max_budget": 1}]}""", "budget_limits")]
    [InlineData("""{"project_id": "p"}""", "project_id")]
    [InlineData("""{"agent_id": "a"}""", "agent_id")]
    [InlineData("""{"config": {"a": 1}}""", "config")]
    [InlineData("""{"model_rpm_limit": {"m": -1}}""", "model_rpm_limit.m")]
    [InlineData("""{"allowed_ips": ["10.0.0.1"]}""", "allowed_ips")]
    [InlineData("""{"rpm": 5}""", "rpm")]
    [InlineData("""{"TPM": 0}""", "TPM")]
    [InlineData("""{"max_budgets": 5}""", "max_budgets")]
    [InlineData("""{"rpmLimit": 5}""", "rpmLimit")]
    [InlineData("""{"model": "m"}""", "model")]
    [InlineData("""{"allowed_models": ["m"]}""", "allowed_models")]
    public async Task AFieldThatIsWrongOrNotEnforced_IsA400ThatNamesIt(string body, string field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var refused = await gateway.PostAsync("/key/generate", JsonDocument.Parse(body).RootElement);
        Assert.Equal((400, field), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
    }

    [Theory]
    [InlineData("key", "generate", "update")]
    [InlineData("user", "new", "update")]
    [InlineData("team", "new", "update")]
    public async Task AFieldThatNobodyKnows_IsNamed_AndOneThatWouldRestrictByAnotherName_IsRefusedWithTheRightOne(string kind, string make, string change)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        const string Id = "sk-some-key-of-sixteen";
        Dictionary<string, object?> With(string field, object? value) => new() { [kind == "key" ? "key" : kind + "_id"] = Id, [field] = value };
        foreach (var (path, odd) in new[] { ($"/{kind}/{make}", "colour"), ($"/{kind}/{change}", "shape") })
        {
            var refused = await gateway.PostAsync(path, With("max_budgets", 5));
            var error = await Setup.ErrorAsync(refused);
            Assert.Equal((400, "max_budgets"), ((int)refused.StatusCode, error.GetProperty("param").GetString()));
            Assert.Contains("did you mean max_budget?", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            var told = await gateway.PostAsync(path, With(odd, "red"));
            Assert.Equal((200, odd), ((int)told.StatusCode, told.Headers.GetValues("x-dropped-params").Single()));
        }

        if (kind != "key")
        {
            var expiring = await gateway.PostAsync($"/{kind}/{change}", With("expires", "2030-01-01T00:00:00Z"));
            Assert.Equal((400, "expires"), ((int)expiring.StatusCode, (await Setup.ErrorAsync(expiring)).GetProperty("param").GetString()));
            var alias = await gateway.PostAsync($"/{kind}/{change}", With("allow_user_field", true));
            Assert.Equal("allow_user_field", alias.Headers.GetValues("x-dropped-params").Single());
        }

        // What LiteLLM's pages send of a form that nobody has filled in.
        foreach (var (field, value) in new (string, object)[] { ("duration", ""), ("budget_duration", ""), ("object_permission", new { vector_stores = Array.Empty<string>(), mcp_servers = (string?)null }) })
        {
            Assert.Equal(200, (int)(await gateway.PostAsync($"/{kind}/{change}", With(field, value))).StatusCode);
        }

        foreach (var field in (string[])["rpm", "colour", "user_email", "spend", "max_budget"])
        {
            var silent = await gateway.PostAsync($"/{kind}/{change}", With(field, field is "user_email" ? "a@b.c" : field is "max_budget" ? 5 : null));
            Assert.Equal((200, false), ((int)silent.StatusCode, silent.Headers.Contains("x-dropped-params")));
        }
    }

    [InjectedTimeFact]
    public async Task TheKeyOfANewUser_HasTheDurationAndTheAliasThatItWasMadeWith()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, time: time);
        await gateway.AskAsync("/team/new", new { team_id = "t", models = new[] { "m" } });
        var key = (await gateway.AskAsync("/user/new", new { user_id = "ada", duration = "60s", key_alias = "hers", team_id = "t" })).GetProperty("key").GetString()!;
        var info = (await gateway.AskAsync("/key/info?key=" + key)).GetProperty("info");
        Assert.Equal(("hers", "ada"), (info.GetProperty("key_alias").GetString(), info.GetProperty("user_id").GetString()));
        Assert.Equal((200, 403), (await gateway.ChatStatusAsync(key), await gateway.ChatStatusAsync(key, "n")));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(401, await gateway.ChatStatusAsync(key));
    }

    [Theory]
    [InlineData("/user/new", """{"user_id": "u", "duration": "soon"}""", 400, "duration")]
    [InlineData("/user/new", """{"user_id": "u", "duration": "1d", "auto_create_key": false}""", 400, "duration")]
    [InlineData("/user/new", """{"user_id": "u", "team_id": "nope"}""", 404, null)]
    [InlineData("/user/new", """{"user_id": "u", "team_id": "nope", "teams": ["other"]}""", 400, "team_id")]
    [InlineData("/user/new", """{"user_id": "u", "budget_id": "b"}""", 400, "budget_id")]
    [InlineData("/team/new", """{"team_id": "u", "team_member_budget": 1}""", 400, "team_member_budget")]
    public async Task AHolderThatWouldOnlySeemToBeRestricted_IsNotMade(string path, string body, int status, string? field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var refused = await gateway.PostAsync(path, JsonDocument.Parse(body).RootElement);
        Assert.Equal(status, (int)refused.StatusCode);
        if (field is not null) Assert.Equal(field, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString());
        var kind = path.Split('/')[1];
        Assert.Equal(404, (int)(await gateway.SendAsync(HttpMethod.Get, $"/{kind}/info?{kind}_id=u")).StatusCode);
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());
    }

    [Fact]
    public async Task AKeyThatCannotBeStored_SaysWhy_AndKnownOnesStillServe()
    {
        Assert.SkipUnless(TestEngine.TakesInjectedTime, "keeps its state in memory, which does not fail");
        var folder = Directory.CreateTempSubdirectory("orleansllm-keys-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder))
        {
            var key = await gateway.NewKeyAsync(new { });
            Run("CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END");
            var refused = await gateway.PostAsync("/key/generate", new { });
            var error = await Setup.ErrorAsync(refused);
            Assert.Equal((503, "change_not_stored"), ((int)refused.StatusCode, error.GetProperty("code").GetString()));
            Assert.Contains("disk is full", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(200, await gateway.ChatStatusAsync(key));
            Run("DROP TRIGGER full");
            await gateway.NewKeyAsync(new { });
        }

        Directory.Delete(folder, recursive: true);

        void Run(string sql)
        {
            using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(folder, "orleansllm.db")};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>By hand: HttpClient says <c>Content-Length: 0</c>, and <c>curl -X POST</c> says nothing.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: 0\r\n")]
    public async Task AKey_IsRegeneratedWithoutABody(string length)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { });
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(gateway.Gateway.Address.Host, gateway.Gateway.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"POST /key/{key}/regenerate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KeyGateway.Master}\r\n{length}Connection: close\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200", await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(401, await gateway.ChatStatusAsync(key));
    }

    [Fact]
    public async Task AChosenKey_IsTaken_AndNotTwice()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        Assert.Equal("sk-chosen-by-the-admin", await gateway.NewKeyAsync(new { key = "sk-chosen-by-the-admin" }));
        Assert.Equal(200, await gateway.ChatStatusAsync("sk-chosen-by-the-admin"));
        Assert.Equal(409, (int)(await gateway.PostAsync("/key/generate", new { key = "sk-chosen-by-the-admin" })).StatusCode);
    }
}
