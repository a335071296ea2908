namespace OrleansLlm.Engine;

public sealed class TurnTests(EngineFixture engine)
{
    private readonly string _key = $"turn-{TestContext.Current.Test!.UniqueID}";

    private ITurnGrain Grain => engine.Grains.GetGrain<ITurnGrain>(_key);

    [Fact]
    public async Task Call_ReturnsItsResult_AndStateStays()
    {
        Assert.Equal(2, await Grain.AddAsync(2));
        Assert.Equal(5, await Grain.AddAsync(3));
        Assert.Equal(_key, await Grain.KeyAsync());
    }

    [Fact]
    public async Task Calls_DoNotOverlap()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => Grain.UnsafeIncrementAsync())));
        Assert.Equal(500, await Grain.AddAsync(0));
    }

    [Fact]
    public async Task Calls_OfOneCaller_ToAGrainThatLives_RunInOrder()
    {
        // The first calls of all find their activation each for itself: only from then on is there an order.
        await Grain.PeekAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Grain.AddAsync(1)));
        Assert.Equal(Enumerable.Range(1, 200), results);
    }

    [Fact]
    public async Task OrdinaryCall_WaitsForTheRunningOne()
    {
        var held = Grain.HoldAsync("a");
        await engine.Witness.Wait($"{_key}/a/started");
        var add = Grain.AddAsync(1);
        Assert.Equal(0, await Grain.PeekAsync());
        Assert.False(add.IsCompleted);
        engine.Witness.Signal($"{_key}/a/gate");
        await held;
        Assert.Equal(1, await add);
    }

    [Fact]
    public async Task Await_ComesBackToTheActivation() => Assert.True(await Grain.ResumesOnItsSchedulerAsync());

    [Fact]
    public async Task AsyncLocal_DoesNotLeakToTheNextCall()
    {
        // Both wait behind a held call, so that one follows the other without a pause.
        var held = Grain.HoldAsync("a");
        await engine.Witness.Wait($"{_key}/a/started");
        var set = Grain.AsyncLocalAsync("secret");
        var read = Grain.AsyncLocalAsync(null);
        engine.Witness.Signal($"{_key}/a/gate");
        await Task.WhenAll(held, set);
        Assert.Equal("", await read);
    }

    [Fact]
    public async Task Exception_KeepsTypeMessageAndStack()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain.FailAsync("boom"));
        Assert.Equal("boom", exception.Message);
        Assert.Contains("ThrowHere", exception.StackTrace, StringComparison.Ordinal);
    }
}
