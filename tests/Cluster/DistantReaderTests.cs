using System.Globalization;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A front end that dies or stands still says nothing: its inferences find out by its silence, and long before the engine does.</summary>
public class DistantReaderTests
{
    [Fact]
    public async Task AReaderThatIsSilentInTheMiddleOfItsAnswer_IsGivenUp_AndItsSlotIsFree()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 1_000);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await using var events = Read(cluster, 1);
        var first = events.MoveNextAsync().AsTask();
        await FlowUntilAsync(time, () => first.IsCompleted, "the first token");
        Assert.IsType<InferenceStarted>(events.Current);
        cluster.KeepSilent(DistantReaders.MaxQuietTicks);
        Assert.Equal(1, ollama.Stats.Running);
        cluster.KeepSilent(1);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the backend is free");
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        await Assert.ThrowsAnyAsync<Exception>(
            async () =>
            {
                while (await events.MoveNextAsync())
                {
                }
            });
    }

    /// <summary>It has no backend yet: nobody else must wait behind it.</summary>
    [Fact]
    public async Task AReaderThatIsSilentInTheQueue_IsGivenUp_AndNothingIsRunForIt()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 1_000);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var running = await cluster.ChatAsync("runs", stream: true);
        await using var events = Read(cluster, 1);
        var waits = events.MoveNextAsync().AsTask();
        await cluster.UntilAsync(ollama.BaseAddress, b => b is { Running: 1, Waiting: 1 }, "the other waits");
        // The first one's front end lives: its client does not read, so that its word has to come from the watch.
        for (var tick = 0; tick <= DistantReaders.MaxQuietTicks; tick++)
        {
            await cluster.Silos.Client.GetGrain<IInferenceGrain>(running.Headers.GetValues("x-request-id").Single()).IsRunningAsync();
            cluster.KeepSilent(1);
        }

        await cluster.UntilAsync(ollama.BaseAddress, b => b is { Running: 1, Waiting: 0 }, "nobody waits");
        Assert.True(await waits);
        Assert.IsType<InferenceFailed>(events.Current);
        Assert.Single(ollama.Stats.Arrivals);
    }

    private static IAsyncEnumerator<InferenceEvent> Read(GatewayCluster cluster, int number) => cluster.Silos.Client
        .GetGrain<IInferenceGrain>(InferenceIds.RequestPrefix + number.ToString("x32", CultureInfo.InvariantCulture))
        .RunAsync(new InferenceRequest
        {
            Model = "m",
            User = "user:ada",
            Body = """{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"""u8.ToArray(),
            Stream = true,
            Created = 0,
        })
        .GetAsyncEnumerator();

    private static Task FlowUntilAsync(ManualTime time, Func<bool> holds, string what) => Eventually.UntilAsync(
        () =>
        {
            if (!holds()) time.Advance(Setup.Second);
            return holds();
        },
        what);
}
