using OrleansLlm.Backends;
using OrleansLlm.Routing;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

public class RateLimitRetryTests
{
    [InjectedTimeFact]
    public async Task ARetryThatComesAMomentBeforeTheDeploymentIsFreeAgain_WaitsForIt()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(
                $"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{ollama.BaseAddress}\"}}}}\n",
                $"router_settings: {{num_retries: 1}}\ngateway_settings: {{backends: {{\"{ollama.BaseAddress}\": {{slots: 2, health_interval: 0}}}}}}\n"), time);
        var backend = gateway.Grains.GetGrain<IBackendGrain>(Addresses.Normalise(ollama.BaseAddress));
        var deployment = (await gateway.Grains.GetGrain<IModelGrain>("m").GetCandidatesForAsync(null)).Candidates.Single().DeploymentId;
        Assert.IsType<SlotGranted>(await backend.TryAcquireAsync(new SlotRequest { RequestId = "neighbour", User = "u", Model = "m", DeploymentId = deployment }));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "10" } });
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 1, Failed: 1 }, "the first attempt is over");

        // The neighbour hears of a little more: until then nobody may ask.
        await backend.ReleaseAsync(new SlotRelease { RequestId = "neighbour", Outcome = SlotOutcome.RateLimited, RetryAfter = TimeSpan.FromSeconds(10.9) });
        await gateway.PassUntilAsync(time, TimeSpan.FromSeconds(0.1), ollama.BaseAddress, () => answer.IsCompleted, "the second attempt");
        Assert.Equal((200, "1"), ((int)(await answer).StatusCode, (await answer).Headers.GetValues("x-litellm-attempted-retries").Single()));
    }

    /// <summary>Whoever could not be asked does not use up the retries of the one that could serve.</summary>
    [Fact]
    public async Task ARetryThatOnlyMeetsARefusal_GoesBackToTheOneThatFailed()
    {
        await using var well = await Setup.OllamaAsync();
        await using var drained = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", well) + Setup.Model("m", drained), Setup.Quiet(well, drained).Replace("num_retries: 0", "num_retries: 1", StringComparison.Ordinal)));
        await gateway.Grains.GetGrain<IBackendGrain>(Addresses.Normalise(drained.BaseAddress)).SetDrainingAsync(true);
        well.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal((2, 0), (well.Stats.Requests, drained.Stats.Requests));
    }

    /// <summary>Three of these would shut the others out.</summary>
    [InjectedTimeTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ATimeoutOfTheRequestsOwn_IsNoFailureOfTheBackend(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama)), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Hang, Count = 3 });
        for (var i = 0; i < 3; i++)
        {
            var answer = gateway.PostAsync(TestGateway.Chat("m", "x", stream).Replace("{\"model\"", "{\"timeout\":5,\"model\"", StringComparison.Ordinal));
            await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "it has been asked");
            await Eventually.UntilAsync(() => { if (!answer.IsCompleted) time.Advance(Setup.Second); return answer.IsCompleted; }, "its time is over");
            Assert.Equal(504, (int)(await answer).StatusCode);
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "its slot is free");
        }

        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Failed: 0, Circuit: CircuitState.Closed }, "nobody has failed");
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x", stream))).StatusCode);
    }

    [Theory]
    [InlineData(429, "40", "40")]
    [InlineData(503, "40", "40")]
    [InlineData(529, null, "5")]
    public async Task RetriesThatAreSpent_StillLetTheClientComeBackWhenItIsTold(int status, string? asked, string told)
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", one) + Setup.Model("m", two), "router_settings: {num_retries: 1}\n"));
        var headers = asked is null ? null : new Dictionary<string, string> { ["Retry-After"] = asked };
        foreach (var ollama in (SimulatedOllama[])[one, two]) ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Headers = headers });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal((status, told, "1"), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString(), response.Headers.GetValues("x-litellm-attempted-retries").Single()));
        Assert.False(response.Headers.Contains("x-should-retry"));
    }
}
