using OrleansLlm.Inference;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>
/// The client leaves: the slot is free and the backend stops. The gateway's clock stands still throughout, so that no lease, timeout or
/// retry can be what freed it.
/// </summary>
public class CancellationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientGone_WhileQueued_LeavesTheQueueAndReachesNoBackend(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        var running = gateway.PostAsync(TestGateway.Chat("m", "first"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");

        using var leave = new CancellationTokenSource();
        var queued = gateway.PostAsync(TestGateway.Chat("m", "second", stream), leave.Token);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 0, "the second request has left the queue");

        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(["first"], ollama.Stats.Arrivals);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientGone_BeforeTheFirstToken_StopsTheBackendAndFreesTheSlot(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        using var leave = new CancellationTokenSource();
        var request = gateway.PostAsync(TestGateway.Chat("m", "x", stream), leave.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
    }

    [Fact]
    public async Task ClientGone_MidStream_StopsTheBackendAndFreesTheSlot()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        using (var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true)))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            Assert.StartsWith("data: {", await reader.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal(1, (await gateway.SnapshotAsync(ollama.BaseAddress)).Running);
        }

        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
    }

    [Fact]
    public async Task ClientsGone_AreNeitherSuccessNorFailureOfTheBackend()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        for (var i = 0; i < 5; i++)
        {
            using var leave = new CancellationTokenSource();
            var request = gateway.PostAsync(TestGateway.Chat("m", "x"), leave.Token);
            var started = i + 1;
            await Eventually.UntilAsync(() => ollama.Stats.Started == started, "the inference runs");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        }

        var snapshot = await gateway.SnapshotAsync(ollama.BaseAddress);
        Assert.Equal((Backends.CircuitState.Closed, 0L, 0L), (snapshot.Circuit, snapshot.Failed, snapshot.Served));
    }

    /// <summary>On Orleans the word of a client that leaves at once can overtake its request.</summary>
    [Fact]
    public async Task ClientGone_BeforeItsRequestArrives_RunsNothing()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        for (var i = 0; i < 20; i++)
        {
            var inference = gateway.Grains.GetGrain<IInferenceGrain>(InferenceIds.RequestPrefix + i.ToString("x32"));
            await inference.CancelAsync();
            await inference.CloseAsync();
            // Answered when the word before has been heard, whatever came of it.
            Assert.False(await inference.IsRunningAsync());
            Assert.Equal(FailureKind.Cancelled, await EndAsync(inference));
        }

        Assert.Empty(ollama.Stats.Arrivals);
        Assert.Equal(0, (await gateway.SnapshotAsync(ollama.BaseAddress)).Running);
    }

    private static async Task<FailureKind?> EndAsync(IInferenceGrain inference)
    {
        FailureKind? end = null;
        await foreach (var next in inference.RunAsync(TestGateway.Request("user:ada"))) end = (next as InferenceFailed)?.Failure.Kind;
        return end;
    }
}
