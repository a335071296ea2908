using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansLlm.Api.Audit;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Limits;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Budgets of keys, users, teams and the gateway: what is spent is spent, and the client is told until when.</summary>
public class BudgetTests
{
    /// <summary>A request costs a dollar for each of its ten tokens, and next to nothing for its prompt.</summary>
    private const string Price = ", input_cost_per_token: 0.0000001, output_cost_per_token: 1, max_tokens: 10";

    [Fact]
    public async Task AKeysBudget_RefusesWhenItIsSpent_WithTheResetTime()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 15, budget_duration = "30d" });
        Assert.Equal((200, 200), (await Status(gateway, key), await Status(gateway, key)));
        var refused = await gateway.ChatAsync(key, "paid");
        var error = await Setup.ErrorAsync(refused);
        Assert.Equal((429, "budget_exceeded", "budget_exceeded"), ((int)refused.StatusCode, error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        var info = (await gateway.AskAsync($"/key/info?key={key}")).GetProperty("info");
        var reset = info.GetProperty("budget_reset_at").GetDateTimeOffset();
        Assert.Equal((1, 0, 0), (reset.Day, reset.Hour, reset.Minute));
        Assert.StartsWith("Budget has been exceeded! Current cost: 20.0", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.EndsWith($"Max budget: 15. This is the budget of key; it is reset at {reset:yyyy-MM-dd'T'HH:mm:ss'Z'}.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(("false", "0.0", reset.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            (Header(refused, "x-should-retry"), Header(refused, "x-budget-remaining"), Header(refused, "x-budget-reset")));
        Assert.InRange(info.GetProperty("spend").GetDouble(), 20, 20.01);
        Assert.Equal(2, ollama.Stats.Started);
    }

    [Fact]
    public async Task AUsersFirstBudget_CountsFromWhenItIsSet()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        await gateway.AskAsync("/user/new", new { user_id = "dora", auto_create_key = false });
        var key = await gateway.NewKeyAsync(new { user_id = "dora" });
        Assert.Equal((200, 200), (await Status(gateway, key), await Status(gateway, key)));
        await gateway.AskAsync("/user/update", new { user_id = "dora", max_budget = 15, budget_duration = "1d" });
        Assert.Equal(0, await SpendAsync(gateway, "/user/info?user_id=dora", "user_info"));
        Assert.Equal((200, 200, 429), (await Status(gateway, key), await Status(gateway, key), await Status(gateway, key)));
    }

    [Fact]
    public async Task BudgetsNest_AndTheRefusalNamesTheOneThatIsSpent()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", max_budget = 35 });
        await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, max_budget = 25, auto_create_key = false });
        var one = await gateway.NewKeyAsync(new { user_id = "ada", max_budget = 15 });
        var two = await gateway.NewKeyAsync(new { user_id = "ada" });
        var ofTeam = await gateway.NewKeyAsync(new { team_id = "t" });
        Assert.Equal((200, 200, 429), (await Status(gateway, one), await Status(gateway, one), await Status(gateway, one)));
        Assert.Equal((200, 429), (await Status(gateway, two), await Status(gateway, two)));
        Assert.Contains("budget of user: ada;", await MessageAsync(gateway, two), StringComparison.Ordinal);
        Assert.Equal((200, 429), (await Status(gateway, ofTeam), await Status(gateway, ofTeam)));
        Assert.Contains("budget of team: t; it is not reset by itself.", await MessageAsync(gateway, ofTeam), StringComparison.Ordinal);
        Assert.Null((await gateway.ChatAsync(ofTeam, "paid")).Headers.RetryAfter);
        Assert.InRange(await SpendAsync(gateway, "/team/info?team_id=t", "team_info"), 40, 40.01);
        Assert.InRange(await SpendAsync(gateway, "/user/info?user_id=ada", "user_info"), 30, 30.01);
    }

    [Fact]
    public async Task ManyAtOnce_OverspendByLessThanOneRequest()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 45 });
        var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Status(gateway, key)));
        Assert.InRange(statuses.Count(s => s == 200), 5, 5);
        Assert.Equal(35, statuses.Count(s => s == 429));
        Assert.InRange(await SpendAsync(gateway, $"/key/info?key={key}", "info"), 50, 50.01);
    }

    [Fact]
    public async Task AStreamThatTheClientLeaves_IsPaid_AndGivesBackWhatItReserved()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10, time: new ManualTime(), perToken: Setup.Second);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 8 });
        using var leave = new CancellationTokenSource();
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestGateway.Chat("paid", "x", stream: true)) };
        request.Headers.Authorization = new("Bearer", key);
        // Its first token needs no time; the clock stands, and the others do not come.
        var answer = await gateway.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);

        // All that is left is reserved: wait a moment, not until the budget is reset.
        var refused = await gateway.ChatAsync(key, "paid");
        Assert.Equal((429, TimeSpan.FromSeconds(1)), ((int)refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        Assert.False(refused.Headers.Contains("x-should-retry"));
        using (answer)
        {
            // The client has seen some of it.
            Assert.NotEqual(0, await (await answer.Content.ReadAsStreamAsync(leave.Token)).ReadAsync(new byte[64], leave.Token));
            await leave.CancelAsync();
        }

        await Eventually.UntilAsync(async () => await SpendAsync(gateway, $"/key/info?key={key}", "info") > 0, "what was written is paid");
        Assert.InRange(await SpendAsync(gateway, $"/key/info?key={key}", "info"), 0.9, 10);
    }

    [Fact]
    public async Task AModelThatIsFree_IsServedWhenTheBudgetIsSpent()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 5 });
        Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
        // One's own Ollama without a price costs nothing.
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "m"));
    }

    [Fact]
    public async Task ASoftBudget_Warns_AndRefusesNothing()
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, logs: logs);
        var key = await gateway.NewKeyAsync(new { soft_budget = 15 });
        for (var i = 0; i < 2; i++) Assert.False((await gateway.ChatAsync(key, "paid")).Headers.Contains("x-budget-warning"));
        Assert.Contains("soft budget of key reached: 20.0", Header(await gateway.ChatAsync(key, "paid"), "x-budget-warning"), StringComparison.Ordinal);
        Assert.Equal(200, await Status(gateway, key));
        Assert.Single(logs.Of("SoftBudgetReached"));
    }

    [Fact]
    public async Task AnUpdate_AndAReset_HoldAtOnce()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 5 });
        Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
        await gateway.AskAsync("/key/update", new { key, max_budget = 15 });
        Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
        Assert.Equal(0, (await gateway.AskAsync($"/key/{key}/reset_spend", new { reset_to = 0 })).GetProperty("spend").GetDouble());
        Assert.Equal(200, await Status(gateway, key));
        await gateway.AskAsync("/key/update", new { key, spend = 100 });
        Assert.Equal(429, await Status(gateway, key));
        await gateway.AskAsync("/key/update", new { key, max_budget = (double?)null });
        Assert.Equal(200, await Status(gateway, key));
        var wrong = await gateway.PostAsync("/key/update", new { key, budget_duration = "1y" });
        Assert.Equal((400, "budget_duration"), ((int)wrong.StatusCode, (await Setup.ErrorAsync(wrong)).GetProperty("param").GetString()));
    }

    [Fact]
    public async Task WithoutABudget_WhatWasSpentCannotBeSet_AndNothingIsChanged()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { });
        await gateway.AskAsync("/team/new", new { team_id = "t" });
        foreach (var (path, body) in new (string, object)[] { ($"/key/{key}/reset_spend", new { reset_to = 0 }), ("/key/update", new { key, spend = 1, rpm_limit = 1 }), ("/team/update", new { team_id = "t", spend = 1 }) })
        {
            var refused = await gateway.PostAsync(path, body);
            Assert.Equal((400, "spend"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
        }

        Assert.Equal((200, 200), (await Status(gateway, key), await Status(gateway, key)));
        // With the budget in the same change it can.
        await gateway.AskAsync("/key/update", new { key, spend = 7, max_budget = 5 });
        Assert.Equal(429, await Status(gateway, key));
    }

    [Fact]
    public async Task ABudgetThatIsTakenBack_IsShownNoMore()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { max_budget = 5, key_alias = "shown" });
        Assert.Equal(200, await Status(gateway, key));
        await Eventually.UntilAsync(async () => (await MetricAsync()).Contains("shown", StringComparison.Ordinal), "what is left is shown");
        await gateway.AskAsync("/key/update", new { key, max_budget = (double?)null });
        await Eventually.UntilAsync(async () => !(await MetricAsync()).Contains("shown", StringComparison.Ordinal), "it is shown no more");

        async Task<string> MetricAsync()
        {
            var text = await (await gateway.SendAsync(HttpMethod.Get, "/metrics")).Content.ReadAsStringAsync();
            return string.Join('\n', text.Split('\n').Where(l => l.StartsWith("litellm_remaining_api_key_budget", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task AnEndUsersRows_AreFoundByTheNameThatItsKeyGaveIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { user_id = "ada", allow_user_field = true });
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "paid", "bob"));
        await Eventually.UntilAsync(async () => await CountAsync("bob", key) == 1, "its row is stored");
        Assert.Equal((0, 0), (await CountAsync("ada", key), await CountAsync("bob", KeyGateway.Master)));
        var row = (await RowsAsync("bob", key))[0];
        Assert.Equal(("", "bob"), (row.GetProperty("user").GetString(), row.GetProperty("end_user").GetString()));
        var end = row.GetProperty("scope").GetString()!;
        Assert.StartsWith("end:", end, StringComparison.Ordinal);
        Assert.Equal((1, 1), (await CountAsync(end, key), await CountAsync(end, KeyGateway.Master)));

        async Task<int> CountAsync(string user, string asks) => (await RowsAsync(user, asks)).GetArrayLength();

        async Task<System.Text.Json.JsonElement> RowsAsync(string user, string asks) => System.Text.Json.JsonDocument.Parse(
            await (await gateway.SendAsync(HttpMethod.Get, $"/spend/logs?user_id={Uri.EscapeDataString(user)}", key: asks)).Content.ReadAsStringAsync()).RootElement;
    }

    [Fact]
    public async Task ALargeBodyOfAnAdministrator_IsNotToldOfASettingThatWouldNotHelp()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var refused = await gateway.PostAsync("/key/generate", new { metadata = new { text = new string('x', 300_000) } });
        Assert.Equal(413, (int)refused.StatusCode);
        Assert.EndsWith("is larger than the limit of 262144 bytes.", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARegeneratedKey_HasSpentWhatTheOldOneHad_AndADeletedTeamsNameIsNew()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var old = await gateway.NewKeyAsync(new { max_budget = 5 });
        Assert.Equal(200, await Status(gateway, old));
        var next = (await gateway.AskAsync($"/key/{old}/regenerate", new { })).GetProperty("key").GetString()!;
        Assert.Equal(429, await Status(gateway, next));
        await gateway.AskAsync("/team/new", new { team_id = "t", max_budget = 5 });
        var key = await gateway.NewKeyAsync(new { team_id = "t" });
        Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
        await gateway.AskAsync("/team/delete", new { team_ids = new[] { "t" } });
        await gateway.AskAsync("/team/new", new { team_id = "t", max_budget = 5 });
        Assert.Equal(0, await SpendAsync(gateway, "/team/info?team_id=t", "team_info"));
        Assert.Equal(200, await Status(gateway, await gateway.NewKeyAsync(new { team_id = "t" })));
    }

    /// <summary>A key without a user is a user of its own.</summary>
    [Fact]
    public async Task ARegeneratedKey_HasSpentAsTheUserThatItIs()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, settings: "  limits: {user: {max_budget: 5}}\n");
        var old = await gateway.NewKeyAsync(new { });
        Assert.Equal((200, 429), (await Status(gateway, old), await Status(gateway, old)));
        var next = (await gateway.AskAsync($"/key/{old}/regenerate", new { })).GetProperty("key").GetString()!;
        Assert.Equal(429, await Status(gateway, next));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatStillRunsWhenAKeyIsRegenerated_IsPaidByTheNewOne(bool isOfTheUserThatItIs)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(tokens: 10, time: time, perToken: Setup.Second);
        await using var gateway = await StartAsync(ollama, settings: isOfTheUserThatItIs ? "  limits: {user: {max_budget: 15}}\n" : "");
        object nothing = new { };
        var old = await gateway.NewKeyAsync(isOfTheUserThatItIs ? nothing : new { max_budget = 15 });
        Assert.Equal(200, (int)(await WhileTimePassesAsync(gateway.ChatAsync(old, "paid"))).StatusCode);
        var running = gateway.ChatAsync(old, "paid");
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "it runs");

        var next = (await gateway.AskAsync($"/key/{old}/regenerate", nothing)).GetProperty("key").GetString()!;
        Assert.Equal(200, (int)(await WhileTimePassesAsync(running)).StatusCode);
        var refused = await WhileTimePassesAsync(gateway.ChatAsync(next, "paid"));
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.StartsWith("Budget has been exceeded! Current cost: 20.0", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        // Of the old one nothing is left.
        var scope = LimitScopes.KeyPrefix + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(old)));
        var grains = gateway.Gateway.Grains;
        ILimited forgotten = isOfTheUserThatItIs ? grains.GetGrain<Users.IUserGrain>(scope) : grains.GetGrain<ILimitGrain>(scope);
        Assert.Equal(0, (await forgotten.GetSpendAsync(null)).Spent);

        async Task<HttpResponseMessage> WhileTimePassesAsync(Task<HttpResponseMessage> answer)
        {
            while (!answer.IsCompleted)
            {
                time.Advance(Setup.Second);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }

            return await answer;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARegenerationThatIsBrokenOff_LeavesTheOldKeyItsBudgetAndCosts(bool isOfTheUserThatItIs)
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, settings: isOfTheUserThatItIs ? "  limits: {user: {max_budget: 25}}\n" : "", audit: audit);
        object nothing = new { };
        var old = await gateway.NewKeyAsync(isOfTheUserThatItIs ? nothing : new { max_budget = 25 });
        var steps = 0;
        // It is claimed, then there is a new one, which takes its place; and then the old one is no more as it was claimed.
        audit.Then = entry => entry.Action == "key.regenerate" && ++steps == 2 ? gateway.AskAsync("/key/update", new { key = old, key_alias = "a" }) : Task.CompletedTask;
        const string Next = "sk-next-0123456789";
        Assert.Equal(409, (int)(await gateway.PostAsync($"/key/{old}/regenerate", new { new_key = Next })).StatusCode);
        audit.Then = null;
        var scope = LimitScopes.KeyPrefix + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Next)));
        var grains = gateway.Gateway.Grains;
        ILimited next = isOfTheUserThatItIs ? grains.GetGrain<Users.IUserGrain>(scope) : grains.GetGrain<ILimitGrain>(scope);
        // One that counts, as another key of that name would.
        await next.ResetSpendAsync(0, isOfTheUserThatItIs ? null : new Catalog.RateLimits { Budget = Catalog.Budget.Of(25, null, null) });
        Assert.Equal((200, 401), (await Status(gateway, old), await Status(gateway, Next)));
        Assert.Equal(0, (await next.GetSpendAsync(null)).Spent);
    }

    [Fact]
    public async Task ARestart_ForgetsNothingThatWasSpent()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-budget-").FullName;
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        string key;
        await using (var gateway = await StartAsync(ollama, folder: folder))
        {
            key = await gateway.NewKeyAsync(new { max_budget = 15, budget_duration = "30d" });
            Assert.Equal(200, await Status(gateway, key));
        }

        await using (var gateway = await StartAsync(ollama, folder: folder))
        {
            Assert.InRange(await SpendAsync(gateway, $"/key/info?key={key}", "info"), 10, 10.01);
            Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What a crash would find: one write for the first, and one for all that are paid in the moment after it.</summary>
    [InjectedTimeFact]
    public async Task WhatWasSpent_IsStoredAtOnce_AndThenAMomentLater()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, time: time, more: "litellm_settings: {max_budget: 1000}\n");
        Assert.Equal(200, await Status(gateway, KeyGateway.Master));
        await Eventually.UntilAsync(async () => await StoredSpendAsync(gateway) is > 10 and < 11, "the first is stored");
        for (var i = 0; i < 3; i++) Assert.Equal(200, await Status(gateway, KeyGateway.Master));
        Assert.InRange(await StoredSpendAsync(gateway), 10, 11);
        time.Advance(TimeSpan.FromMilliseconds(50));
        await Eventually.UntilAsync(async () => await StoredSpendAsync(gateway) is > 40 and < 41, "the others are stored");
    }

    [InjectedTimeFact]
    public async Task APeriodThatIsOver_BeginsAnew()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, time: time);
        // Shorter than an idle grain stays: one that goes in the middle of a leap of the clock is given up while its last write is on its way.
        var key = await gateway.NewKeyAsync(new { max_budget = 5, budget_duration = "5m" });
        Assert.Equal(200, await Status(gateway, key));
        var refused = await gateway.ChatAsync(key, "paid");
        Assert.Equal(429, (int)refused.StatusCode);
        time.Advance(refused.Headers.RetryAfter!.Delta!.Value);
        Assert.Equal((200, 429), (await Status(gateway, key), await Status(gateway, key)));
    }

    /// <summary>Another caller, who knows nothing of a user's own budget, speaks of it: what was spent is neither forgotten nor counted in another period.</summary>
    [InjectedTimeFact]
    public async Task AUsersOwnBudget_OutlastsASilence()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, time: time, more: "litellm_settings: {max_end_user_budget: 1000}\n");
        await gateway.AskAsync("/user/new", new { user_id = "ada", max_budget = 25, budget_duration = "30d", auto_create_key = false });
        var key = await gateway.NewKeyAsync(new { user_id = "ada" });
        Assert.Equal(200, await Status(gateway, key));
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(200, await gateway.ChatStatusAsync(KeyGateway.Master, "paid", "ada"));
        Assert.Equal(200, await Status(gateway, key));
        Assert.Equal(429, await Status(gateway, key));
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, (await gateway.AskAsync("/user/info?user_id=ada")).GetProperty("user_info").GetProperty("budget_reset_at").ValueKind);
    }

    [Fact]
    public async Task WhatAnEndUserMaySpend_IsNoBudgetOfAKeysUser()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, more: "litellm_settings: {max_end_user_budget: 5}\n");
        await gateway.AskAsync("/user/new", new { user_id = "ada", auto_create_key = false });
        var key = await gateway.NewKeyAsync(new { user_id = "ada" });
        Assert.Equal((200, 200), (await Status(gateway, key), await Status(gateway, key)));
    }

    [Fact]
    public async Task TheFilesBudgets_AreOfAll_AndOfEachEndUser()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, more: "litellm_settings: {max_budget: 25, budget_duration: 30d, max_end_user_budget: 5}\n");
        Assert.Equal((200, 429), (await AsAsync("ada"), await AsAsync("ada")));
        Assert.Equal(200, await AsAsync("bob"));
        Assert.Equal(200, await Status(gateway, KeyGateway.Master));
        Assert.Contains("budget of this gateway;", await MessageAsync(gateway, KeyGateway.Master), StringComparison.Ordinal);

        Task<int> AsAsync(string user) => gateway.ChatStatusAsync(KeyGateway.Master, "paid", user);
    }

    [Fact]
    public async Task WithoutABudget_TheLedgerKnowsWhatAKeyHasSpent()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { });
        Assert.Equal(0, await SpendAsync(gateway, $"/key/info?key={key}", "info"));
        Assert.Equal(200, await Status(gateway, key));
        await Eventually.UntilAsync(async () => await SpendAsync(gateway, $"/key/info?key={key}", "info") is > 10 and < 10.01, "its row is stored");
    }

    private static Task<KeyGateway> StartAsync(SimulatedOllama ollama, TimeProvider? time = null, string? folder = null, string more = "", CapturedLogs? logs = null, string settings = "", IAuditLog? audit = null) =>
        KeyGateway.StartAsync(ollama, settings, time: time, folder: folder, models: Setup.Model("paid", ollama).Replace("}}", Price + "}}", StringComparison.Ordinal), more: more, logs: logs, services: audit is null ? null : s => s.AddSingleton(audit));

    private static Task<int> Status(KeyGateway gateway, string key) => gateway.ChatStatusAsync(key, "paid");

    private static async Task<string> MessageAsync(KeyGateway gateway, string key) => (await Setup.ErrorAsync(await gateway.ChatAsync(key, "paid"))).GetProperty("message").GetString()!;

    private static async Task<double> SpendAsync(KeyGateway gateway, string path, string part) => (await gateway.AskAsync(path)).GetProperty(part).GetProperty("spend").GetDouble();

    private static async Task<double> StoredSpendAsync(KeyGateway gateway)
    {
        var stored = new Stored();
        var grain = gateway.Gateway.Grains.GetGrain<ILimitGrain>(LimitScopes.All).GetGrainId();
        await gateway.Gateway.Services.GetRequiredKeyedService<IGrainStorage>(Names.StateStore).ReadStateAsync(Names.LimitState, grain, stored);
        return stored.State?.Budget?.Spent ?? 0;
    }

    private sealed class Stored : IGrainState<LimitState>
    {
        public LimitState? State { get; set; }

        public string? ETag { get; set; }

        public bool RecordExists { get; set; }
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
