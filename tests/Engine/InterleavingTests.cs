namespace OrleansLlm.Engine;

public sealed class InterleavingTests(EngineFixture engine)
{
    private readonly string _key = $"interleave-{TestContext.Current.Test!.UniqueID}";

    private ITurnGrain Grain => engine.Grains.GetGrain<ITurnGrain>(_key);

    [Fact]
    public async Task AlwaysInterleave_StartsWhileAnotherCallWaits()
    {
        var held = Grain.HoldAsync("a");
        await Started("a");
        var between = Grain.HoldInterleavedAsync("b");
        await Started("b");
        Open("b");
        await between;
        Assert.False(held.IsCompleted);
        Open("a");
        await held;
        Assert.Equal(["+a", "+b", "-b", "-a"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task OrdinaryCall_StartsWhileOnlyInterleavingOnesRun()
    {
        var between = Grain.HoldInterleavedAsync("b");
        await Started("b");
        Assert.Equal(1, await Grain.AddAsync(1));
        Open("b");
        await between;
    }

    [Fact]
    public async Task ReadOnlyCalls_RunTogether_AndWritersWait()
    {
        var first = Grain.HoldReadAsync("r1");
        await Started("r1");
        var second = Grain.HoldReadAsync("r2");
        await Started("r2");
        var write = Grain.AddAsync(1);
        Assert.Equal(0, await Grain.PeekAsync());
        Open("r1");
        Open("r2");
        await Task.WhenAll(first, second);
        Assert.Equal(1, await write);
    }

    [Fact]
    public async Task ReadOnlyCall_WaitsForAWriter()
    {
        var write = Grain.HoldAsync("w");
        await Started("w");
        var read = Grain.HoldReadAsync("r");
        Assert.Equal(0, await Grain.PeekAsync());
        Assert.False(engine.Witness.Happened($"{_key}/r/started"));
        Open("w");
        await write;
        await Started("r");
        Open("r");
        await read;
    }

    [Fact]
    public async Task ReentrantClass_RunsCallsTogether()
    {
        var grain = engine.Grains.GetGrain<IReentrantGrain>(_key);
        var first = grain.HoldAsync("a");
        var second = grain.HoldAsync("b");
        await Started("a");
        await Started("b");
        Open("a");
        Open("b");
        await Task.WhenAll(first, second);
    }

    /// <summary>Reads are left out: on Orleans [ReadOnly] is no reader-writer lock (a writer may start when the first of several readers
    /// has ended), so no grain of ours awaits in a method so marked.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SeededCrowd_NeverOverlapsWhatMustNot(int seed) => Assert.Equal(0, await Crowd.RunAsync(engine.Grains, $"{_key}-{seed}", seed, reads: false));

    private Task Started(string name) => engine.Witness.Wait($"{_key}/{name}/started");

    private void Open(string name) => engine.Witness.Signal($"{_key}/{name}/gate");
}
