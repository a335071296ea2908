using OrleansLlm.Support;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Limits of keys, users and teams: a request needs the leave of all of them, and a refusal by one costs the others nothing.</summary>
public class NestedLimitTests
{
    [Fact]
    public async Task AKeysOwnLimit_ComesBeforeTheConfiguredOne()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, "  limits: {key: {rpm: 2, tpm: 100000}}\n");
        var plain = await gateway.NewKeyAsync(new { });
        var wide = await gateway.NewKeyAsync(new { rpm_limit = 4 });
        Assert.Equal(2, await PassedAsync(gateway, plain, 5));
        Assert.Equal(4, await PassedAsync(gateway, wide, 6));
        var refused = await gateway.ChatAsync(wide);
        Assert.Equal(("4", "100000"), (Header(refused, "x-ratelimit-limit-requests"), Header(refused, "x-ratelimit-limit-tokens")));
        Assert.StartsWith("Rate limit exceeded for key.", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyUserAndTeam_AreAllAsked_AndTheTightestDecides()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/team/new", new { team_id = "t", rpm_limit = 9 });
        await gateway.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, rpm_limit = 5, auto_create_key = false });
        var one = await gateway.NewKeyAsync(new { user_id = "ada", rpm_limit = 3 });
        var two = await gateway.NewKeyAsync(new { user_id = "ada", rpm_limit = 3 });
        var ofTeam = await gateway.NewKeyAsync(new { team_id = "t" });
        Assert.Equal(3, await PassedAsync(gateway, one, 6));
        // The user has two left, though its second key would have three; what was refused has cost it nothing.
        Assert.Equal(2, await PassedAsync(gateway, two, 6));
        Assert.Contains("user: ada", await RefusalAsync(gateway, two), StringComparison.Ordinal);
        Assert.Equal(4, await PassedAsync(gateway, ofTeam, 8));
        Assert.Contains("team: t", await RefusalAsync(gateway, ofTeam), StringComparison.Ordinal);
        Assert.Equal(9, ollama.Stats.Started);
    }

    [Fact]
    public async Task AModelsShareOfAKey_LimitsThatModelOnly()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 2 } });
        var other = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 2 } });
        Assert.Equal(2, await PassedAsync(gateway, key, 4));
        Assert.Contains("model: m, of this key", await RefusalAsync(gateway, key), StringComparison.Ordinal);
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "n"));
        Assert.Equal(2, await PassedAsync(gateway, other, 4));
    }

    [Fact]
    public async Task AChangedLimit_HoldsAtOnce_AndForgetsNothingOfTheMinute()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { rpm_limit = 2 });
        Assert.Equal(2, await PassedAsync(gateway, key, 3));
        await gateway.AskAsync("/key/update", new { key, rpm_limit = 5 });
        Assert.Equal(3, await PassedAsync(gateway, key, 5));
        await gateway.AskAsync("/key/update", new { key, rpm_limit = (int?)null });
        Assert.Equal(3, await PassedAsync(gateway, key, 3));
    }

    [Fact]
    public async Task ARestart_ForgetsNoMinuteOfAKeyWithItsOwnNumbers()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-key-limits-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        string key;
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder))
        {
            key = await gateway.NewKeyAsync(new { rpm_limit = 3 });
            Assert.Equal(2, await PassedAsync(gateway, key, 2));
        }

        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder)) Assert.Equal(1, await PassedAsync(gateway, key, 4));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task TheUserField_ChoosesNoLimits_UnlessTheKeyAllowsIt_AndThenOnlyWithinItsOwn()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, "  limits: {user: {rpm: 2}, users: {rich: {rpm: 1000}}}\n");
        await gateway.AskAsync("/user/new", new { user_id = "ada", rpm_limit = 5, auto_create_key = false });
        var strict = await gateway.NewKeyAsync(new { });
        Assert.Equal((200, 200, 429), (await gateway.ChatStatusAsync(strict), await gateway.ChatStatusAsync(strict, user: "rich"), await gateway.ChatStatusAsync(strict, user: "other")));

        var front = await gateway.NewKeyAsync(new { user_id = "ada", allow_user_field = true });
        // Each end user has what each user has, and all together what ada has.
        Assert.Equal((200, 200, 429), (await gateway.ChatStatusAsync(front, user: "rich"), await gateway.ChatStatusAsync(front, user: "rich"), await gateway.ChatStatusAsync(front, user: "rich")));
        Assert.Equal((200, 200, 200), (await gateway.ChatStatusAsync(front, user: "a"), await gateway.ChatStatusAsync(front, user: "b"), await gateway.ChatStatusAsync(front, user: "c")));
        var refused = await gateway.ChatAsync(front, user: "d");
        Assert.Contains("user: ada", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(5, (await gateway.Gateway.Grains.GetGrain<IUserGrain>("user:ada").GetUsageAsync()).Requests);
    }

    [Fact]
    public async Task AnAdministratorWhoNamesAUser_DoesNotTakeItsOwnLimitsAway()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = (await gateway.AskAsync("/user/new", new { user_id = "ada", rpm_limit = 3 })).GetProperty("key").GetString()!;
        Assert.Equal(2, await PassedAsync(gateway, key, 2));
        Assert.Equal(200, await gateway.ChatStatusAsync(KeyGateway.Master, user: "ada"));
        Assert.Equal(429, await gateway.ChatStatusAsync(key));
    }

    [Fact]
    public async Task TheQueue_GoesByThePriorityOfTheKey_AndAskingOnlyStepsBack()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var late = await gateway.NewKeyAsync(new { priority = 9 });
        var early = await gateway.NewKeyAsync(new { priority = 1 });
        var running = gateway.ChatAsync(early);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first runs");
        var waiting = new List<Task<HttpResponseMessage>>();
        await WaitAsync(() => Ask(late, 0));
        await WaitAsync(() => Ask(early, 5));
        await WaitAsync(() => Ask(early, null));

        async Task WaitAsync(Func<Task<HttpResponseMessage>> ask)
        {
            waiting.Add(ask());
            await gateway.Gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == waiting.Count, $"{waiting.Count} wait");
        }

        while (waiting.Exists(w => !w.IsCompleted))
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(["first", "null", "5", "0"], ["first", .. ollama.Stats.Starts.Skip(1).Select(s => s.Split('-')[^1])]);

        Task<HttpResponseMessage> Ask(string key, int? priority)
        {
            var body = new Dictionary<string, object> { ["model"] = "m", ["messages"] = new[] { new { role = "user", content = $"request-{priority?.ToString() ?? "null"}" } } };
            if (priority is { } p) body["priority"] = p;
            return gateway.PostAsync("/v1/chat/completions", body, key);
        }
    }

    private static async Task<int> PassedAsync(KeyGateway gateway, string key, int asked)
    {
        var passed = 0;
        for (var i = 0; i < asked; i++)
        {
            var status = await gateway.ChatStatusAsync(key);
            Assert.True(status is 200 or 429, $"{status}");
            if (status == 200) passed++;
        }

        return passed;
    }

    private static async Task<string> RefusalAsync(KeyGateway gateway, string key) =>
        (await Setup.ErrorAsync(await gateway.ChatAsync(key))).GetProperty("message").GetString()!;

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
