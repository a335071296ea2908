using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Backends;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What a client sees when a backend fails, before and after its first token.</summary>
public class FailureTests
{
    /// <summary>As an engine gives up the search for a grain in a store that does not answer.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACancellationThatIsNotTheClients_IsLostContact(bool stream)
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), logs: logs, more: services => services.AddSingleton<IUpstream>(new CancelledUpstream()));
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream));
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((stream ? 200 : 503, stream ? null : "5"), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString()));
        Assert.Contains("\"code\":\"lease_lost\"", text, StringComparison.Ordinal);
        Assert.Empty(logs.Of("RequestFailed"));
    }

    [Theory]
    [InlineData(FaultKind.Status, 500, null)]
    [InlineData(FaultKind.ResetBeforeHeaders, 502, "upstream_unreachable")]
    [InlineData(FaultKind.WrongContentType, 502, "upstream_protocol_error")]
    [InlineData(FaultKind.Garbage, 502, "upstream_protocol_error")]
    [InlineData(FaultKind.GarbledJson, 502, "upstream_protocol_error")]
    [InlineData(FaultKind.EndlessLine, 502, "upstream_protocol_error")]
    [InlineData(FaultKind.Truncate, 502, "upstream_protocol_error")]
    public async Task AFailureBeforeTheFirstToken_IsAnOrdinaryErrorAlsoForAStream(FaultKind kind, int status, string? code)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        // Twice: a connection that breaks before its first byte is tried once more by design.
        ollama.Faults.Add(new Fault { Kind = kind, Count = kind == FaultKind.ResetBeforeHeaders ? 2 : 1 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        Assert.Equal((status, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var error = await Setup.ErrorAsync(response);
        Assert.Equal(code, error.GetProperty("code").GetString());
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Failed: 1 }, "the slot is free and the failure is counted");
    }

    [Theory]
    [InlineData(FaultKind.Truncate, "ollama_chat")]
    [InlineData(FaultKind.ResetMidStream, "ollama_chat")]
    [InlineData(FaultKind.ErrorEvent, "ollama_chat")]
    [InlineData(FaultKind.GarbledJson, "openai")]
    [InlineData(FaultKind.Truncate, "openai")]
    [InlineData(FaultKind.ErrorEvent, "openai")]
    public async Task AFailureMidStream_IsAnErrorEventAndNoDone(FaultKind kind, string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, provider), Setup.Quiet(ollama)));
        ollama.Faults.Add(new Fault { Kind = kind, AfterTokens = 3, Message = "the gpu is on fire" });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        Assert.Equal(200, (int)response.StatusCode);
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("\"content\":", events[0] + events[1], StringComparison.Ordinal);
        Assert.StartsWith("data: {\"error\":{", events[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(events, e => e.Contains("[DONE]", StringComparison.Ordinal) || e.Contains("\"stop\"", StringComparison.Ordinal));
        if (kind == FaultKind.ErrorEvent) Assert.Contains("the gpu is on fire", events[^1], StringComparison.Ordinal);
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Failed: 1 }, "the slot is free and the failure is counted");
    }

    [InjectedTimeFact]
    public async Task ASilentBackend_IsAnErrorAtTheFirstTokenTimeout()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  first_token_timeout: 20\n"), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var request = gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(request.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(504, (int)(await request).StatusCode);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend was told to stop");
    }

    [InjectedTimeTheory]
    [InlineData("x-litellm-stream-timeout", null)]
    [InlineData("x-litellm-timeout", null)]
    [InlineData(null, "stream_timeout")]
    [InlineData(null, "timeout")]
    public async Task ARequestsOwnTimeout_HoldsForIt(string? header, string? field)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama)), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var body = field is null ? TestGateway.Chat("m", "x", stream: true) : TestGateway.Chat("m", "x", stream: true).Replace("{\"model\"", $"{{\"{field}\":7,\"model\"", StringComparison.Ordinal);
        if (header is not null) gateway.Http.DefaultRequestHeaders.Add(header, "7");
        var request = gateway.PostAsync(body);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(request.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(504, (int)(await request).StatusCode);
    }

    [InjectedTimeFact]
    public async Task ABackendThatStallsMidStream_IsAnErrorEventAtTheTimeoutBetweenTokens()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  between_tokens_timeout: 20\n"), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = 2 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        // The role and two tokens: then the gateway waits for the third.
        for (var i = 0; i < 3; i++) Assert.StartsWith("data: {\"id\"", (await reader.ReadLineAsync())! + await reader.ReadLineAsync(), StringComparison.Ordinal);
        var rest = reader.ReadToEndAsync();
        while (!rest.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(rest, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
        }

        Assert.StartsWith("data: {\"error\":{", await rest, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", await rest, StringComparison.Ordinal);
    }

    [InjectedTimeFact]
    public async Task TheCircuit_OpensAfterThreeFailures_AndRecoversThroughOneProbe()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", cooldown_time: 40", ollama)), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 4 });
        for (var i = 0; i < 3; i++) Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal(CircuitState.Open, (await gateway.SnapshotAsync(ollama.BaseAddress)).Circuit);

        time.Advance(TimeSpan.FromSeconds(10));
        var refused = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        Assert.Equal((503, "30"), ((int)refused.StatusCode, refused.Headers.RetryAfter!.ToString()));
        Assert.Equal("no_deployments_available", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.Equal(3, ollama.Stats.Requests);

        // The first probe fails, so the circuit opens for another cooldown; the second heals it.
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal(503, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal(CircuitState.Closed, (await gateway.SnapshotAsync(ollama.BaseAddress)).Circuit);
    }

    [Fact]
    public async Task ARequestThatFailsWhereverItGoes_DoesNotShutOutTheOthers()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama), $"router_settings: {{cooldown_time: 3600}}\ngateway_settings: {{backends: {{\"{ollama.BaseAddress}\": {{health_interval: 0}}}}}}\n"));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 3 });
        Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "poison"))).StatusCode);
        Assert.Equal(3, (await gateway.SnapshotAsync(ollama.BaseAddress)).Failed);
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "good"))).StatusCode);
    }

    [InjectedTimeFact]
    public async Task AStreamsTimeout_IsForStreamsOnly()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(3));
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{ollama.BaseAddress}\", stream_timeout: 1}}}}\n" + Setup.QuietWith(", lease: 3600", ollama), time);
        foreach (var stream in (bool[])[false, true])
        {
            var answer = gateway.PostAsync(TestGateway.Chat("m", "x", stream));
            await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
            time.Advance(TimeSpan.FromSeconds(2));
            if (!stream) Assert.False(answer.IsCompleted);
            await Eventually.UntilAsync(() => { if (!answer.IsCompleted) time.Advance(TimeSpan.FromSeconds(0.1)); return answer.IsCompleted; }, "the end");
            Assert.Equal(stream ? 504 : 200, (int)(await answer).StatusCode);
        }
    }

    [InjectedTimeFact]
    public async Task ACallThatTookTooLong_IsTriedAgain_WhereNobodyElseCan()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama),
            $"router_settings: {{num_retries: 1, timeout: 20}}\ngateway_settings: {{backends: {{\"{ollama.BaseAddress}\": {{health_interval: 0, lease: 3600}}}}}}\n"), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        time.Advance(TimeSpan.FromSeconds(20));
        await gateway.PassUntilAsync(
            time, TimeSpan.FromSeconds(0.5), ollama.BaseAddress, () => answer.IsCompleted, "the second attempt", stands: b => b is { Running: > 0, Failed: 1 });
        Assert.Equal((200, "1"), ((int)(await answer).StatusCode, (await answer).Headers.GetValues("x-litellm-attempted-retries").Single()));
    }

    [InjectedTimeFact]
    public async Task ADeadContainer_IsFoundByItsHealthProbe_AndIsBackWithItsNextOne()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Path = "/api/tags", Count = 3 });
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), $"router_settings: {{num_retries: 0, cooldown_time: 3600}}\ngateway_settings:\n  backends: {{\"{ollama.BaseAddress}\": {{health_interval: 10}}}}\n"), time);
        await UntilAsync(b => b is { Health: HealthState.Down, Circuit: CircuitState.Open }, "three probes have failed");
        Assert.Equal(503, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        await UntilAsync(b => b.Health == HealthState.Up, "the fourth probe has succeeded");
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);

        Task UntilAsync(Func<BackendSnapshot, bool> holds, string what) => Eventually.UntilAsync(
            async () =>
            {
                time.Advance(Setup.Second);
                return holds(await gateway.SnapshotAsync(ollama.BaseAddress));
            },
            what);
    }

    [Fact]
    public async Task AFailedAttempt_IsRetriedOnTheOtherContainer_BeforeTheFirstToken()
    {
        await using var broken = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        // order: the broken one is always asked first.
        var models = Tier(broken, 1) + Tier(well, 2);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models));
        broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 100 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("1", response.Headers.GetValues("x-litellm-attempted-retries").Single());
        Assert.Equal((1, 1), (broken.Stats.Requests, well.Stats.Finished));
    }

    [Fact]
    public async Task ACallersFault_IsNotRetriedAndDoesNotHurtTheBackend()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = """{"error":"bad options"}""", Count = 10 });
        Assert.Equal(400, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal(1, ollama.Stats.Requests);
        Assert.Equal(0, (await gateway.SnapshotAsync(ollama.BaseAddress)).Failed);
    }

    [Fact]
    public async Task RetriesThatAreSpent_TellTheClientNotToMultiplyThem()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Tier(one, 1) + Tier(two, 2), "router_settings: {num_retries: 1}\n"));
        one.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 10 });
        two.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 10 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Theory]
    [InlineData("router_settings: {num_retries: 0, fallback_model: spare}\n")]
    [InlineData("router_settings: {num_retries: 0, fallbacks: [{m: [spare]}]}\n")]
    public async Task AFallback_AnswersInPlaceOfAFailedModel_AndSaysWhoItIs(string settings)
    {
        await using var broken = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", broken) + Setup.Model("spare", spare), settings));
        broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 100 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("1", response.Headers.GetValues("x-litellm-attempted-fallbacks").Single());
        Assert.Contains("\"model\":\"spare\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var body = """{"model":"m","disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""";
        Assert.Equal(500, (int)(await gateway.PostAsync(body)).StatusCode);
    }

    [Fact]
    public async Task WhenTheFallbacksFailAsWell_TheOriginalErrorIsTold()
    {
        await using var broken = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", broken) + Setup.Model("spare", spare), "router_settings: {num_retries: 0, fallback_model: spare}\n"));
        broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 507, Body = """{"error":"original"}""", Count = 100 });
        spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = """{"error":"other"}""", Count = 100 });
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal(507, (int)response.StatusCode);
        Assert.Contains("original", (await Setup.ErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static string Tier(SimulatedOllama at, int order) =>
        $"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{at.BaseAddress}\", order: {order}}}}}\n";

    private sealed class CancelledUpstream : IUpstream
    {
        public async IAsyncEnumerable<UpstreamChunk> StreamAsync(UpstreamRequest request, UpstreamReport report, [EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            // A stream has begun by then.
            for (var i = 0; i < 20; i++) yield return new UpstreamChunk("""{"choices":[{"index":0,"delta":{"content":"x"}}]}"""u8.ToArray(), default, null);
            throw new TaskCanceledException();
        }
    }
}
