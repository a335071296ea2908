namespace OrleansLlm.Engine;

public sealed class CancellationTests(EngineFixture engine)
{
    private readonly string _key = $"cancel-{TestContext.Current.Test!.UniqueID}";

    private ICancelGrain Grain => engine.Grains.GetGrain<ICancelGrain>(_key);

    [Fact]
    public async Task Cancel_ReachesTheGrain_InATurn_AndTheCallerAtOnce()
    {
        using var source = new CancellationTokenSource();
        var call = Grain.WaitForTokenAsync(source.Token);
        await engine.Witness.Wait($"{_key}/waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await engine.Witness.Wait($"{_key}/cancelled");
        Assert.Equal(["cancelled in a turn"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task Cancel_PassesThroughAGrainToTheNext()
    {
        using var source = new CancellationTokenSource();
        var call = Grain.PassOnAsync(_key + "-other", source.Token);
        await engine.Witness.Wait($"{_key}-other/waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await engine.Witness.Wait($"{_key}-other/cancelled");
    }

    [Fact]
    public async Task CancelledBeforeTheCall_NeverRuns()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Grain.NoteAsync("ran", new CancellationToken(true)));
        Assert.False(await Grain.TokenStateAsync());
        Assert.Empty(engine.Witness.Log(_key));
    }

    [Fact]
    public async Task CancelledWhileWaitingItsTurn_NeverRuns()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var running = Grain.WaitForTokenAsync(first.Token);
        await engine.Witness.Wait($"{_key}/waiting");
        var waiting = Grain.NoteAsync("ran", second.Token);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Grain.TokenStateAsync();
        Assert.Equal(["cancelled in a turn"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task UncancelledToken_ChangesNothing()
    {
        using var source = new CancellationTokenSource();
        Assert.False(await Grain.TokenStateAsync(source.Token));
        await source.CancelAsync();
        Assert.False(await Grain.TokenStateAsync());
    }
}
