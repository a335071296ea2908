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
        await Eventually.UntilAsync(() => { if (!answer.IsCompleted) time.Advance(TimeSpan.FromSeconds(0.1)); return answer.IsCompleted; }, "the second attempt");
        Assert.Equal((200, "1"), ((int)(await answer).StatusCode, (await answer).Headers.GetValues("x-litellm-attempted-retries").Single()));
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
