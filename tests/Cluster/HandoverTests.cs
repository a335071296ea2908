using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A reader in the process of its inference gets its events handed over; one elsewhere by messages. They are the same events.</summary>
public class HandoverTests
{
    [Fact]
    public async Task WhereTheReaderIs_MakesNoDifferenceToItsEvents()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var silo = cluster.Silos.Silos[0];
        var here = new List<InferenceEvent>();
        var handover = GatewayCluster.HandoversOf(silo).Open(Id(1));
        Assert.True(await InSilo(silo, 1).RunHereAsync(Request()));
        while (await handover.TakeAsync()) here.Add(handover.Current);
        Assert.True(handover.HasEnded);

        var elsewhere = new List<InferenceEvent>();
        await foreach (var next in cluster.Silos.Client.GetGrain<IInferenceGrain>(Id(2)).RunAsync(Request())) elsewhere.Add(next);
        Assert.True(here.Count > 3);
        Assert.Equal(elsewhere.Select(e => e.GetType()), here.Select(e => e.GetType()));
        Assert.Equal(2, ollama.Stats.Finished);
    }

    [Fact]
    public async Task AReaderInAnotherProcess_IsToldSo_AndNothingIsBegun()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var inference = cluster.Silos.Client.GetGrain<IInferenceGrain>(Id(1));
        Assert.False(await inference.RunHereAsync(Request()));
        Assert.False(await inference.IsRunningAsync());
        Assert.Empty(ollama.Stats.Arrivals);
    }

    /// <summary>As with <c>--role all</c>, and as where the engine has placed the inference on another node although the reader's has grains.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFrontEndWithGrains_AnswersWhetherTheyAreItsOwnOrNot_AndKeepsNothing(bool own)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var silo = cluster.Silos.Silos[0];
        var handovers = own ? GatewayCluster.HandoversOf(silo) : new Handovers();
        var http = await cluster.AddFrontEndAsync(silo, handovers);
        var whole = await http.PostAsync("/v1/chat/completions", GatewayCluster.Chat("whole"));
        Assert.Contains("whole", await whole.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var streamed = await http.PostAsync("/v1/chat/completions", GatewayCluster.Chat("streamed", stream: true));
        Assert.EndsWith("data: [DONE]\n\n", await streamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Eventually.UntilAsync(() => handovers.Count == 0, "no reader is left");
        Assert.Equal(2, ollama.Stats.Finished);
    }

    [Fact]
    public async Task AClientThatLeaves_FreesItsSlot()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var silo = cluster.Silos.Silos[0];
        var handovers = GatewayCluster.HandoversOf(silo);
        var http = await cluster.AddFrontEndAsync(silo, handovers);
        using var left = new CancellationTokenSource();
        var asked = http.PostAsync("/v1/chat/completions", GatewayCluster.Chat("x", stream: true), left.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the backend is free");
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        await Eventually.UntilAsync(() => handovers.Count == 0, "no reader is left");
    }

    /// <summary>The call that says so may be lost.</summary>
    [Fact]
    public async Task AReaderThatLeavesWithoutAWord_EndsItsInferenceWithTheNextToken()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second, perToken: Setup.Second, tokens: 1_000);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var silo = cluster.Silos.Silos[0];
        var handover = GatewayCluster.HandoversOf(silo).Open(Id(1));
        Assert.True(await InSilo(silo, 1).RunHereAsync(Request()));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        handover.Leave(left.Token);
        await Eventually.UntilAsync(
            () =>
            {
                if (ollama.Stats.Running == 1) time.Advance(Setup.Second);
                return ollama.Stats.Running == 0;
            },
            "the backend is free");
        Assert.Equal(0, ollama.Stats.Finished);
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
    }

    /// <summary>Its reader finds contact lost, as it would with an enumeration, and no end that it could take for the answer's.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("ada")]
    public async Task AnInferenceThatHasToGo_TellsItsReader_AndLeavesItsBackend(string? resumableBy)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var silo = cluster.Silos.Silos[0];
        var handover = GatewayCluster.HandoversOf(silo).Open(Id(1));
        Assert.True(await InSilo(silo, 1).RunHereAsync(Request() with { ResumableBy = resumableBy }));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var waits = handover.TakeAsync();
        // Sooner than the engine gives up waiting for an activation.
        await cluster.Silos.StopSiloAsync(silo).WaitAsync(TimeSpan.FromSeconds(25), TimeProvider.System);
        await Assert.ThrowsAsync<ContactLostException>(async () => await waits);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the backend is free");
    }

    private static string Id(int number) => InferenceIds.RequestPrefix + number.ToString("x32", CultureInfo.InvariantCulture);

    private static IInferenceGrain InSilo(InProcessSiloHandle silo, int number) => silo.ServiceProvider.GetRequiredService<IClusterClient>().GetGrain<IInferenceGrain>(Id(number));

    private static InferenceRequest Request() => new()
    {
        Model = "m",
        User = "user:ada",
        Body = """{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"""u8.ToArray(),
        Stream = true,
        Created = 0,
    };
}
