using OrleansLlm.Backends;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>
/// What one team was promised of its configuration: a cloud model with an Ollama behind it, fallback after three failures, recovery after
/// the reset time, failover within three seconds. The clock is the test's: what is not advanced has not passed.
/// </summary>
public class SeedOneTests
{
    [InjectedTimeFact]
    public async Task ThreeFailures_FallBack_AndThoseOfOneRequestShutOutNoOther()
    {
        var time = new ManualTime();
        await using var primary = await Setup.OllamaAsync("deepseek-chat", time);
        await using var fallback = await Setup.OllamaAsync("mistral:7b-instruct", time);
        await using var gateway = await TestGateway.StartAsync(Config(primary, fallback), time);
        primary.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 1000 });

        var answer = gateway.PostAsync(TestGateway.Chat("manus-primary", "x", stream: true));
        // Two retries, and never a pause of more than a second where somebody else stands by.
        for (var failed = 1; failed < 3; failed++) await NextAttemptAsync(gateway, time, primary, failed);
        Assert.Equal((200, "2", "1"), Told(await answer));
        Assert.Contains("\"model\":\"manus-fallback\"", await (await answer).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(3, primary.Stats.Requests);
        Assert.Equal(CircuitState.Closed, (await gateway.SnapshotAsync(new Uri(primary.BaseAddress, "v1"))).Circuit);
    }

    [InjectedTimeFact]
    public async Task AfterTheReset_ThePrimaryServesAgain()
    {
        var time = new ManualTime();
        await using var primary = await Setup.OllamaAsync("deepseek-chat", time);
        await using var fallback = await Setup.OllamaAsync("mistral:7b-instruct", time);
        await using var gateway = await TestGateway.StartAsync(Config(primary, fallback, "num_retries: 0, cooldown_time: 60"), time);
        primary.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 3 });
        for (var i = 0; i < 3; i++) Assert.Equal("1", Told(await gateway.PostAsync(TestGateway.Chat("manus-primary", "x"))).Fallbacks);

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("1", Told(await gateway.PostAsync(TestGateway.Chat("manus-primary", "x"))).Fallbacks);
        Assert.Equal(3, primary.Stats.Requests);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("0", Told(await gateway.PostAsync(TestGateway.Chat("manus-primary", "x"))).Fallbacks);
        Assert.Equal(CircuitState.Closed, (await gateway.SnapshotAsync(new Uri(primary.BaseAddress, "v1"))).Circuit);
    }

    [InjectedTimeFact]
    public async Task APrimaryThatHangs_IsLeftWithinThreeSeconds()
    {
        var time = new ManualTime();
        await using var primary = await Setup.OllamaAsync("deepseek-chat", time);
        await using var fallback = await Setup.OllamaAsync("mistral:7b-instruct", time);
        await using var gateway = await TestGateway.StartAsync(Config(primary, fallback, "stream_timeout: 2.9"), time);
        primary.Faults.Add(new Fault { Kind = FaultKind.Hang, Count = 1000 });
        var answer = gateway.PostAsync(TestGateway.Chat("manus-primary", "x", stream: true));
        await Eventually.UntilAsync(() => primary.Stats.Running == 1, "the primary hangs");
        time.Advance(TimeSpan.FromSeconds(2.8));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((200, "0", "1"), Told(await answer));
        await Eventually.UntilAsync(() => primary.Stats.Cancelled == 1, "the primary was told to stop");
    }

    [InjectedTimeFact]
    public async Task APrimaryThatDies_IsLeftAtOnce()
    {
        var time = new ManualTime();
        await using var primary = await Setup.OllamaAsync("deepseek-chat", time);
        await using var fallback = await Setup.OllamaAsync("mistral:7b-instruct", time);
        await using var gateway = await TestGateway.StartAsync(Config(primary, fallback), time);
        primary.Faults.Add(new Fault { Kind = FaultKind.ResetBeforeHeaders, Count = 1000 });
        Assert.Equal((200, "0", "1"), Told(await gateway.PostAsync(TestGateway.Chat("manus-primary", "x"))));
    }

    [InjectedTimeFact]
    public async Task APrimaryThatRefusesConnections_IsLeftAtOnce()
    {
        var time = new ManualTime();
        await using var fallback = await Setup.OllamaAsync("mistral:7b-instruct", time);
        await using var gateway = await TestGateway.StartAsync(Config(Ports.Nobodys(), fallback.BaseAddress), time);
        Assert.Equal((200, "0", "1"), Told(await gateway.PostAsync(TestGateway.Chat("manus-primary", "x"))));
    }

    private static async Task NextAttemptAsync(TestGateway gateway, ManualTime time, SimulatedOllama primary, int failed)
    {
        await Eventually.UntilAsync(() => primary.Stats.Requests == failed, $"attempt {failed} has failed");
        // The pause begins some time after the request was seen: a second from then on ends it.
        await gateway.PassUntilAsync(time, TimeSpan.FromMilliseconds(100), new Uri(primary.BaseAddress, "v1"), () => primary.Stats.Requests > failed, "the pause is over");
    }

    private static (int Status, string Retries, string Fallbacks) Told(HttpResponseMessage response) =>
        ((int)response.StatusCode, response.Headers.GetValues("x-litellm-attempted-retries").Single(), response.Headers.GetValues("x-litellm-attempted-fallbacks").Single());

    /// <summary>Their file, but for the addresses; no probes, so that only requests count.</summary>
    private static string Config(SimulatedOllama primary, SimulatedOllama fallback, string more = "enable_logging: true") => Config(primary.BaseAddress, fallback.BaseAddress, more);

    private static string Config(Uri primary, Uri fallback, string more = "enable_logging: true") => $$"""
        model_list:
          - model_name: "manus-primary"
            litellm_params: {model: "together_ai/deepseek-chat", api_key: "sk-test", api_base: "{{primary}}v1", max_tokens: 4096, temperature: 0.7, stream: true}
          - model_name: "manus-fallback"
            litellm_params: {model: "ollama/mistral:7b-instruct", api_base: "{{fallback}}", stream: true}
        router_settings:
          routing_strategy: "simple-fallback"
          allowed_fails: 3
          fallback_models: ["manus-fallback"]
          {{more.Replace(", ", "\n  ", StringComparison.Ordinal)}}
        gateway_settings:
          backends:
            "{{primary}}v1": {health_interval: 0}
            "{{fallback}}": {health_interval: 0}
        """;
}
