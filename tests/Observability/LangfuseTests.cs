using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Callbacks;

namespace OrleansLlm.Tests.Observability;

/// <summary>What Langfuse is told, and what becomes of it when Langfuse does not listen.</summary>
public class LangfuseTests
{
    [Fact]
    public async Task ARequest_IsATraceAndAGeneration_WithItsTokensCostAndTimes()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address);
        harness.Sender.Ended(Reports.Success() with { TraceId = "0af7651916cd43dd8448eb211c80319c", SpanId = "b7ad6b7169203331" });
        await harness.UntilAsync("delivered", 1);
        var request = langfuse.Requests.Single();
        Assert.Equal(("POST", "/api/public/ingestion", "application/json"), (request.Method, request.Path, request.Headers["Content-Type"]));
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("pk:sk")), request.Headers["Authorization"]);
        var batch = JsonDocument.Parse(request.Text).RootElement.GetProperty("batch").EnumerateArray().ToList();
        Assert.Equal(["trace-create", "generation-create"], batch.Select(e => e.GetProperty("type").GetString()));
        Assert.Equal(2, batch.Select(e => e.GetProperty("id").GetString()).Distinct().Count());
        var (trace, generation) = (batch[0].GetProperty("body"), batch[1].GetProperty("body"));
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "ada"), (trace.GetProperty("id").GetString(), trace.GetProperty("userId").GetString()));
        Assert.Equal(trace.GetProperty("id").GetString(), generation.GetProperty("traceId").GetString());
        Assert.Equal((3, 5, 8), (Usage("input"), Usage("output"), Usage("total")));
        Assert.Equal(0.25, generation.GetProperty("costDetails").GetProperty("total").GetDouble());
        Assert.Equal(("ollama_chat/m", "DEFAULT"), (generation.GetProperty("model").GetString(), generation.GetProperty("level").GetString()));
        var start = generation.GetProperty("startTime").GetDateTime();
        Assert.Equal((500, 1500), ((generation.GetProperty("completionStartTime").GetDateTime() - start).TotalMilliseconds, (generation.GetProperty("endTime").GetDateTime() - start).TotalMilliseconds));
        // Nobody has switched them on.
        Assert.False(trace.TryGetProperty("input", out _) || generation.TryGetProperty("input", out _) || generation.TryGetProperty("output", out _));

        int Usage(string of) => generation.GetProperty("usageDetails").GetProperty(of).GetInt32();
    }

    [Fact]
    public async Task ATrace_HasItsClientsWords()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address);
        harness.Sender.Ended(Reports.Success() with { Trace = new TraceWords { Session = "s1", Name = "chat", User = "eve", Generation = "step", Tags = ["a", "b"] } });
        await harness.UntilAsync("delivered", 1);
        var batch = JsonDocument.Parse(langfuse.Requests.Single().Text).RootElement.GetProperty("batch").EnumerateArray().ToList();
        var (trace, generation) = (batch[0].GetProperty("body"), batch[1].GetProperty("body"));
        Assert.Equal(("chat", "eve", "s1"), (trace.GetProperty("name").GetString(), trace.GetProperty("userId").GetString(), trace.GetProperty("sessionId").GetString()));
        Assert.Equal(["a", "b"], trace.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!));
        Assert.Equal("step", generation.GetProperty("name").GetString());
    }

    [Fact]
    public async Task WhatIsNamedForSuccesses_IsNotToldOfFailures_NorTheOtherWayRound()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var successes = Start(langfuse.Address, failures: false);
        await using var failures = Start(langfuse.Address, successes: false);
        foreach (var sender in (CallbackSender[])[successes.Sender, failures.Sender])
        {
            sender.Ended(Reports.Success());
            sender.Ended(Reports.Failure());
            // A client that leaves is neither.
            sender.Ended(Reports.Failure(kind: FailureKind.Cancelled, status: null));
        }

        await successes.UntilAsync("delivered", 1);
        await failures.UntilAsync("delivered", 1);
        Assert.Equal(["DEFAULT", "ERROR"], langfuse.Requests.SelectMany(Bodies).Where(b => b.TryGetProperty("level", out _)).Select(b => b.GetProperty("level").GetString()!).Order());
    }

    [Fact]
    public async Task ManyRequests_GoInBatches_EachOnce()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address, options: CallbackHarness.Patient with { Batch = 7 });
        for (var i = 0; i < 100; i++) harness.Sender.Ended(Reports.Success(i));
        await harness.UntilAsync("delivered", 100);
        var ids = langfuse.Requests.SelectMany(Traces).ToList();
        Assert.Equal((100, 100), (ids.Count, ids.Distinct().Count()));
        Assert.All(langfuse.Requests, r => Assert.InRange(Traces(r).Count(), 1, 7));
    }

    /// <summary>It takes 3.5 MB.</summary>
    [Fact]
    public async Task LongAnswers_GoInAsManyBodiesAsItTakes()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address, start: false);
        for (var i = 0; i < 50; i++) harness.Sender.Ended(Reports.Success(i) with { Output = new string('x', 64 * 1024) });
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.UntilAsync("delivered", 50);
        Assert.Equal(50, langfuse.Requests.SelectMany(Traces).Distinct().Count());
        Assert.InRange(langfuse.Requests.Count, 3, 4);
        Assert.All(langfuse.Requests, r => Assert.InRange(r.Body.Length, 1, 3_500_000));
    }

    [Fact]
    public async Task ABodyThatIsTooLarge_IsHalved_UntilTheOneThatIsAtFaultStandsAlone()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address, start: false);
        var large = Reports.Success(17).Row.RequestId;
        langfuse.Answer = r => Task.FromResult(r.Text.Contains(large, StringComparison.Ordinal) ? Results.StatusCode(413) : Results.Json(new { }, statusCode: 207));
        for (var i = 0; i < 50; i++) harness.Sender.Ended(Reports.Success(i));
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.UntilAsync("delivered", 49);
        Assert.Equal((1, 0), (harness.Events("refused"), harness.Events("given_up")));
        Assert.Equal(49, langfuse.Requests.Where(r => !r.Text.Contains(large, StringComparison.Ordinal)).SelectMany(Traces).Distinct().Count());
    }

    /// <summary>What the first body brought is not told again.</summary>
    [Fact]
    public async Task AServerThatFailsInBetween_IsToldTheRestAgain()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address, start: false);
        langfuse.Answer = _ => Task.FromResult(langfuse.Requests.Count == 2 ? Results.StatusCode(503) : Results.Json(new { }, statusCode: 207));
        for (var i = 0; i < 50; i++) harness.Sender.Ended(Reports.Success(i) with { Output = new string('x', 64 * 1024) });
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.PassTimeUntilAsync(() => harness.Events("delivered") == 50, "all are delivered");
        Assert.Equal(50, langfuse.Requests.Where((_, i) => i != 1).SelectMany(Traces).Count());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    public async Task AServerThatFails_IsToldAgain_AndNothingIsLost(int status)
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address);
        langfuse.Answer = _ => Task.FromResult(langfuse.Requests.Count <= 3 ? Results.StatusCode(status) : Results.Text("{}"));
        harness.Sender.Ended(Reports.Success());
        await harness.PassTimeUntilAsync(() => harness.Events("delivered") == 1, "it is delivered after all");
        Assert.Equal((4, 3, 0), (langfuse.Requests.Count, harness.Failures, harness.Events("given_up")));
        // The same ids: Langfuse stores each once.
        Assert.Single(langfuse.Requests.SelectMany(Traces).Distinct());
    }

    [Fact]
    public async Task WhatOneEventOfABatchCameTo_IsItsOwn()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var harness = Start(langfuse.Address, start: false);
        var (retried, refused) = (Reports.Success(2).Row.RequestId, Reports.Success(3).Row.RequestId);
        langfuse.Answer = r => Task.FromResult(r.Text.Contains(refused, StringComparison.Ordinal)
            ? Results.Json(new { successes = Array.Empty<object>(), errors = new object[] { new { id = retried + "/trace", status = 503 }, new { id = refused + "/generation", status = 400 } } }, statusCode: 207)
            : Results.Json(new { }, statusCode: 207));
        for (var i = 1; i <= 3; i++) harness.Sender.Ended(Reports.Success(i));
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.PassTimeUntilAsync(() => harness.Events("delivered") == 2, "two are delivered");
        Assert.Equal((1, 2), (harness.Events("refused"), langfuse.Requests.Count));
        Assert.Equal(retried, Traces(langfuse.Requests[1]).Single());
    }

    [Fact]
    public async Task AServerThatRefuses_IsNotToldAgain()
    {
        await using var langfuse = await Receiver.StartAsync();
        langfuse.Answer = _ => Task.FromResult(Results.StatusCode(401));
        await using var harness = Start(langfuse.Address);
        harness.Sender.Ended(Reports.Success());
        await harness.UntilAsync("refused", 1);
        harness.Sender.Ended(Reports.Success(2));
        await harness.UntilAsync("refused", 2);
        Assert.Equal(2, langfuse.Requests.Count);
    }

    [Fact]
    public async Task AServerThatIsDown_CostsTheOldest_WhichAreCounted_AndNobodyWaits()
    {
        var address = Ports.Nobodys();
        await using var harness = Start(address, options: CallbackHarness.Patient with { MaxQueue = 10, Batch = 5, Attempts = 1_000_000 });
        // One batch is under way; what comes now waits.
        harness.Sender.Ended(Reports.Success(0));
        await harness.PassTimeUntilAsync(() => harness.Failures >= 1, "the first delivery fails");
        for (var i = 1; i <= 25; i++) harness.Sender.Ended(Reports.Success(i));
        Assert.Equal(15, harness.Events("dropped"));
        await using var back = await Receiver.StartAsync(address.Port);
        await harness.PassTimeUntilAsync(() => harness.Events("delivered") == 11, "what waited is delivered");
        Assert.Equal(Enumerable.Range(16, 10).Prepend(0).Select(i => Reports.Success(i).Row.RequestId).Order(), back.Requests.SelectMany(Traces).Order());
    }

    [Fact]
    public async Task AServerThatNeverAnswers_IsGivenUp()
    {
        await using var langfuse = await Receiver.StartAsync();
        var never = new TaskCompletionSource<IResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        langfuse.Answer = _ => never.Task;
        await using var harness = Start(langfuse.Address, options: new CallbackOptions { Attempts = 2 });
        harness.Sender.Ended(Reports.Success());
        await harness.PassTimeUntilAsync(() => harness.Events("given_up") == 1, "it is given up");
        Assert.Equal(2, harness.Failures);
        never.SetResult(Results.Ok());
    }

    [Fact]
    public async Task AStop_TellsWhatWaits_AndWaitsForNothingThatFails()
    {
        await using var langfuse = await Receiver.StartAsync();
        var harness = Start(langfuse.Address, start: false);
        for (var i = 0; i < 20; i++) harness.Sender.Ended(Reports.Success(i));
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.Sender.StopAsync(CancellationToken.None);
        Assert.Equal(20, langfuse.Requests.SelectMany(Traces).Distinct().Count());

        langfuse.Answer = _ => Task.FromResult(Results.StatusCode(500));
        var vain = Start(langfuse.Address);
        vain.Sender.Ended(Reports.Success());
        await vain.Sender.StopAsync(CancellationToken.None);
        Assert.Equal(1, vain.Events("given_up"));
        await harness.DisposeAsync();
        await vain.DisposeAsync();
    }

    private static CallbackHarness Start(Uri address, bool successes = true, bool failures = true, CallbackOptions? options = null, bool start = true)
    {
        var harness = new CallbackHarness((http, _) => new LangfuseTarget(new LangfuseOptions("pk", "sk", address) { Successes = successes, Failures = failures }, http), options);
        if (start) _ = harness.Sender.StartAsync(CancellationToken.None);
        return harness;
    }

    private static IEnumerable<JsonElement> Bodies(Received request) =>
        JsonDocument.Parse(request.Text).RootElement.GetProperty("batch").EnumerateArray().Select(e => e.GetProperty("body"));

    private static IEnumerable<string> Traces(Received request) => Bodies(request).Where(b => b.TryGetProperty("userId", out _)).Select(b => b.GetProperty("id").GetString()!);
}
