using System.Text;
using System.Text.Json;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Limits of users, keys, teams and models: what a client is told, and that only what was let through costs anything.</summary>
public class LimitTests
{
    [Fact]
    public async Task TheRequestAfterTheLast_IsA429_WithOpenAisHeadersOnEveryAnswer()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 3, tpm: 100000}}");
        for (var left = 2; left >= 0; left--)
        {
            var answer = await AskAsync(gateway, "ada");
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(("3", left.ToString()), (Header(answer, "x-ratelimit-limit-requests"), Header(answer, "x-ratelimit-remaining-requests")));
            Assert.Equal("100000", Header(answer, "x-ratelimit-limit-tokens"));
            Assert.NotNull(Header(answer, "x-ratelimit-reset-requests"));
            Assert.NotNull(Header(answer, "x-ratelimit-reset-tokens"));
        }

        var refused = await AskAsync(gateway, "ada");
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal("0", Header(refused, "x-ratelimit-remaining-requests"));
        Assert.InRange(int.Parse(Header(refused, "retry-after")!), 1, 61);
        var error = await Setup.ErrorAsync(refused);
        Assert.Equal(("requests", "rate_limit_exceeded"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.Contains("Rate limit exceeded for user: ada.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (int)(await AskAsync(gateway, "charles")).StatusCode);
        Assert.Equal(4, ollama.Stats.Started);
    }

    [Fact]
    public async Task AStream_CarriesTheHeadersAsWell()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 3}}");
        var answer = await AskAsync(gateway, "ada", stream: true);
        Assert.Equal(("3", "2", null), (Header(answer, "x-ratelimit-limit-requests"), Header(answer, "x-ratelimit-remaining-requests"), Header(answer, "x-ratelimit-limit-tokens")));
    }

    [InjectedTimeFact]
    public async Task WhoComesBackWhenTold_IsLetThrough_AndNotBefore()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 2}}", time);
        Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        var refused = await AskAsync(gateway, "ada");
        Assert.Equal((429, "31"), ((int)refused.StatusCode, Header(refused, "retry-after")));
        Assert.Equal("1m0.25s", Header(refused, "x-ratelimit-reset-requests"));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(429, (int)(await AskAsync(gateway, "ada")).StatusCode);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        Assert.Equal(429, (int)(await AskAsync(gateway, "ada")).StatusCode);
    }

    [Fact]
    public async Task WhatOneScopeRefuses_CostsTheOthersNothing()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 10}, key: {rpm: 10}, teams: {research: {users: [ada, charles], rpm: 2}}, models: {m: {rpm: 100}}}");
        Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        Assert.Equal(200, (int)(await AskAsync(gateway, "charles")).StatusCode);
        for (var i = 0; i < 20; i++)
        {
            var refused = await AskAsync(gateway, "ada");
            Assert.Equal(429, (int)refused.StatusCode);
            Assert.Contains("team: research", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        // Another user with the same key: the key has counted the two that went through, and its own.
        var other = await AskAsync(gateway, "grace");
        Assert.Equal((200, "7"), ((int)other.StatusCode, Header(other, "x-ratelimit-remaining-requests")));
        Assert.Equal(1, (await gateway.Grains.GetGrain<IUserGrain>("user:ada").GetUsageAsync()).Requests);
    }

    [Fact]
    public async Task WhereTwoHaveNothingLeft_TheHeadersAreOfTheOneThatRefuses()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 3}, all: {rpm: 2}}");
        for (var i = 0; i < 2; i++) Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        var refused = await AskAsync(gateway, "ada");
        Assert.Equal((429, "2", "0"), ((int)refused.StatusCode, Header(refused, "x-ratelimit-limit-requests"), Header(refused, "x-ratelimit-remaining-requests")));
    }

    [Fact]
    public async Task WhatNoBackendTook_CostsNothing()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {rpm: 2, tpm: 5000}}");
        var backend = gateway.Grains.GetGrain<Backends.IBackendGrain>(Silo.Configuration.Addresses.Normalise(ollama.BaseAddress));
        await backend.SetDrainingAsync(true);
        for (var i = 0; i < 5; i++)
        {
            var refused = await AskAsync(gateway, "ada", maxTokens: 4000);
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Equal("1", Header(refused, "x-ratelimit-remaining-requests"));
        }

        await backend.SetDrainingAsync(false);
        Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
    }

    [Fact]
    public async Task Tokens_AreReservedByTheirBound_AndSettledByTheirTrueNumber()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {tpm: 2000}}");
        var told = 0L;
        // Each reserves more than half: only because what was not used comes back can one follow the other.
        for (var i = 0; i < 3; i++)
        {
            var answer = await AskAsync(gateway, "ada", maxTokens: 1200);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.True(int.Parse(Header(answer, "x-ratelimit-remaining-tokens")!) < 800);
            told += JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("usage").GetProperty("total_tokens").GetInt64();
        }

        var usage = await gateway.Grains.GetGrain<IUserGrain>("user:ada").GetUsageAsync();
        Assert.Equal(told, usage.PromptTokens + usage.CompletionTokens);
        var answered = await AskAsync(gateway, "ada", maxTokens: 1);
        var reserved = 2000 - usage.PromptTokens - usage.CompletionTokens - int.Parse(Header(answered, "x-ratelimit-remaining-tokens")!);
        Assert.InRange(reserved, 2, 10);

        var never = await AskAsync(gateway, "ada", maxTokens: 2001);
        Assert.Equal((429, "false"), ((int)never.StatusCode, Header(never, "x-should-retry")));
        Assert.Null(Header(never, "Retry-After"));
        Assert.Equal("tokens", (await Setup.ErrorAsync(never)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task OneAtATime_LetsTheNextIn_WhenTheAnswerHasArrived()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {max_parallel_requests: 1}}");
        for (var i = 0; i < 30; i++)
        {
            var answer = await AskAsync(gateway, "ada", stream: i % 2 == 0);
            Assert.Equal(200, (int)answer.StatusCode);
            await answer.Content.ReadAsStringAsync();
        }
    }

    /// <summary>Without the web server's time in between: whoever sees the end of an answer may ask again at once.</summary>
    [Fact]
    public async Task WhoHasSeenTheEnd_RunsNoMore()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "{user: {max_parallel_requests: 1}}");
        for (var i = 0; i < 200; i++)
        {
            var inference = gateway.Grains.GetGrain<IInferenceGrain>(InferenceIds.RequestPrefix + i.ToString("x32"));
            await using var events = inference.RunAsync(TestGateway.Request("user:ada")).GetAsyncEnumerator();
            while (await events.MoveNextAsync() && !events.Current.IsEnd)
            {
            }

            Assert.IsType<InferenceCompleted>(events.Current);
        }
    }

    [Fact]
    public async Task ParallelRequests_AreRefusedWhileOthersRun_AndWhoLeavesMakesRoom()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await StartAsync(ollama, "{user: {max_parallel_requests: 2}}");
        var user = gateway.Grains.GetGrain<IUserGrain>("user:ada");
        using var leave = new CancellationTokenSource();
        var running = Enumerable.Range(0, 2).Select(_ => AskAsync(gateway, "ada", cancellationToken: leave.Token)).ToList();
        await Eventually.UntilAsync(async () => (await user.GetUsageAsync()).Running == 2, "one runs and one waits");
        var refused = await AskAsync(gateway, "ada");
        Assert.Equal((429, "1"), ((int)refused.StatusCode, Header(refused, "retry-after")));
        Assert.Contains("max_parallel_requests", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running));
        await Eventually.UntilAsync(async () => (await user.GetUsageAsync()).Running == 0, "nobody runs");
        var next = AskAsync(gateway, "ada");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(Setup.Second);
                return next.IsCompleted;
            },
            "the next one is answered");
        Assert.Equal(200, (int)(await next).StatusCode);
    }

    [Fact]
    public async Task AStormOfClientsThatLeave_LeaksNoParallelRequest()
    {
        await using var ollama = await Setup.OllamaAsync(firstToken: TimeSpan.FromMilliseconds(3));
        await using var gateway = await StartAsync(ollama, "{user: {max_parallel_requests: 16}, all: {max_parallel_requests: 64}}");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async client =>
        {
            var random = new Random(500 + client);
            for (var round = 0; round < 10; round++)
            {
                using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(0, 30)), TimeProvider.System);
                try
                {
                    using var answer = await AskAsync(gateway, $"u{client % 2}", stream: random.Next(2) == 0, cancellationToken: leave.Token);
                    await answer.Content.ReadAsStringAsync(leave.Token);
                }
                catch (OperationCanceledException)
                {
                }
            }
        }));
        foreach (var name in (string[])["user:u0", "user:u1"])
        {
            var user = gateway.Grains.GetGrain<IUserGrain>(name);
            await Eventually.UntilAsync(async () => (await user.GetUsageAsync()).Running == 0, $"nothing of {name} runs");
        }

        Assert.Equal(200, (int)(await AskAsync(gateway, "u0")).StatusCode);
    }

    [Fact]
    public async Task ARestart_ForgetsNoMinute()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-limits-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        await using (var gateway = await StartAsync(ollama, "{user: {rpm: 3}, all: {rpm: 4}}", folder: folder))
        {
            for (var i = 0; i < 3; i++) Assert.Equal(200, (int)(await AskAsync(gateway, "ada")).StatusCode);
        }

        await using (var gateway = await StartAsync(ollama, "{user: {rpm: 3}, all: {rpm: 4}}", folder: folder))
        {
            Assert.Equal(429, (int)(await AskAsync(gateway, "ada")).StatusCode);
            Assert.Equal(200, (int)(await AskAsync(gateway, "charles")).StatusCode);
            Assert.Equal(429, (int)(await AskAsync(gateway, "grace")).StatusCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static Task<TestGateway> StartAsync(Simulator.SimulatedOllama ollama, string limits, TimeProvider? time = null, string? folder = null) =>
        TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"  limits: {limits}\n"), time, folder);

    private static Task<HttpResponseMessage> AskAsync(
        TestGateway gateway, string user, bool stream = false, int? maxTokens = null, CancellationToken cancellationToken = default)
    {
        var body = new Dictionary<string, object> { ["model"] = "m", ["user"] = user, ["stream"] = stream, ["messages"] = new[] { new { role = "user", content = "x" } } };
        if (maxTokens is { } most) body["max_tokens"] = most;
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Authorization", "Bearer one-key");
        return gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
