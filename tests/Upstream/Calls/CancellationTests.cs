using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Calls;

public sealed class CancellationTests
{
    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Cancel_BeforeTheFirstByte_CancelsTheInference(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Hang });
        using var leaving = new CancellationTokenSource();
        var call = harness.CollectAsync(harness.Request(provider, Harness.Say("hello")), leaving.Token);
        await Eventually.HappensAsync(() => harness.Server.Stats.Running == 1, "the inference runs");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.HappensAsync(() => harness.Server.Stats is { Cancelled: 1, Running: 0 }, "the inference is cancelled");
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Cancel_WhileWaitingForTheNextToken_CancelsTheInference(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = 2 });
        using var leaving = new CancellationTokenSource();
        await using var chunks = harness.Stream(harness.Request(provider, Harness.Say("hello")), leaving.Token).GetAsyncEnumerator();
        for (var read = 0; read < 3; read++) Assert.True(await chunks.MoveNextAsync());
        var next = chunks.MoveNextAsync().AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await Eventually.HappensAsync(() => harness.Server.Stats is { Cancelled: 1, Running: 0 }, "the inference is cancelled");
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Cancel_WhileTheReaderIsBusyElsewhere_CancelsTheInferenceAtOnce(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = 2 });
        using var leaving = new CancellationTokenSource();
        await using var chunks = harness.Stream(harness.Request(provider, Harness.Say("hello")), leaving.Token).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());

        await leaving.CancelAsync();

        // Nobody asks for another chunk, and still:
        await Eventually.HappensAsync(() => harness.Server.Stats is { Cancelled: 1, Running: 0 }, "the inference is cancelled");
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Dispose_InTheMiddle_CancelsTheInference(string provider)
    {
        await using var harness = await Harness.StartAsync(new SimulatorOptions { TimePerToken = TimeSpan.FromMilliseconds(1), Tokens = 100_000 });
        await foreach (var chunk in harness.Stream(harness.Request(provider, Harness.Say("hello"))))
        {
            if (chunk.HasPayload) break;
        }

        await Eventually.HappensAsync(() => harness.Server.Stats is { Cancelled: 1, Running: 0 }, "the inference is cancelled");
        Assert.True(harness.Report.Usage!.Value.Estimated);
    }

    [Fact]
    public async Task Cancel_BeforeTheStart_SendsNothing()
    {
        await using var harness = await Harness.StartAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => harness.CollectAsync(harness.Request("openai", Harness.Say("hello")), new CancellationToken(canceled: true)));

        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    [Fact]
    public async Task Cancel_InAStormOfCalls_LeavesNoInferenceRunning()
    {
        await using var harness = await Harness.StartAsync(
            new SimulatorOptions { TimePerToken = TimeSpan.FromMilliseconds(1), TimeToFirstToken = TimeSpan.FromMilliseconds(5), Slots = 4 });
        var random = new Random(4711);
        var calls = Enumerable.Range(0, 120).Select(async at =>
        {
            using var leaving = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(40)), TimeProvider.System);
            var request = harness.Request(at % 2 == 0 ? "openai" : "ollama", Harness.Say("call " + at));
            try
            {
                await foreach (var _ in harness.Upstream.StreamAsync(request, new(), leaving.Token))
                {
                }
            }
            catch (OperationCanceledException)
            {
            }
        }).ToList();

        await Task.WhenAll(calls);

        await Eventually.HappensAsync(() => harness.Server.Stats is { Running: 0, Waiting: 0 }, "nothing runs or waits any more");
        Assert.True(harness.Server.Stats.MaxRunning <= 4);
    }

    [Fact]
    public async Task Cancel_DuringAColdLoad_LoadsTheModelForTheNextOne()
    {
        var time = new Support.ManualTime();
        await using var harness = await Harness.StartAsync(new SimulatorOptions { Models = [Harness.Model], LoadTime = TimeSpan.FromSeconds(2), Time = time });
        using var leaving = new CancellationTokenSource();
        var body = Harness.Say("hello", ",\"keep_alive\":\"7m\",\"temperature\":0.5");
        var defaults = new Dictionary<string, System.Text.Json.JsonElement> { ["num_ctx"] = System.Text.Json.JsonSerializer.SerializeToElement(2048) };
        var calls = Enumerable.Range(0, 5)
            .Select(_ => harness.Upstream.StreamAsync(harness.Request("ollama", body) with { Defaults = defaults }, new(), leaving.Token))
            .Select(async chunks =>
            {
                await foreach (var _ in chunks)
                {
                }
            }).ToList();
        await Eventually.HappensAsync(() => harness.Server.Stats is { LoadsStarted: 1, Requests: 5 }, "the load began");

        await leaving.CancelAsync();

        foreach (var call in calls) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.HappensAsync(() => harness.Server.Stats.Bodies.Any(IsLoad), "the gateway asks for the load");
        await Eventually.HappensAsync(() => harness.Server.Stats.Waiting == 1, "all have left but that");
        await Eventually.HappensAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return harness.Server.Stats.LoadsFinished == 1;
            },
            "the model is loaded all the same");
        Assert.Equal([Harness.Model], harness.Server.Loaded);
        Assert.Equal(0, harness.Server.Stats.Started);
        Assert.Equal(
            $$$"""{"model":"{{{Harness.Model}}}","stream":false,"keep_alive":"7m","options":{"num_ctx":2048}}""",
            Assert.Single(harness.Server.Stats.Bodies, IsLoad));

        // The next one finds it loaded with its options.
        await harness.CollectAsync(harness.Request("ollama", body) with { Defaults = defaults });
        Assert.Equal(1, harness.Server.Stats.LoadsFinished);

        static bool IsLoad(string sent) => sent.Contains("\"stream\":false", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_WhenTheModelIsLoaded_LoadsNothing()
    {
        await using var harness = await Harness.StartAsync(new SimulatorOptions { Models = [Harness.Model] });
        await harness.CollectAsync(harness.Request("ollama", Harness.Say("warm")));
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Hang });
        using var leaving = new CancellationTokenSource();
        var call = harness.CollectAsync(harness.Request("ollama", Harness.Say("hello")), leaving.Token);
        await Eventually.HappensAsync(() => harness.Server.Stats.Running == 1, "the inference runs");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await harness.CollectAsync(harness.Request("ollama", Harness.Say("after")));
        Assert.DoesNotContain(harness.Server.Stats.Bodies, sent => sent.Contains("\"stream\":false", StringComparison.Ordinal));
    }
}
