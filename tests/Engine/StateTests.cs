using Orleans.Storage;

namespace OrleansLlm.Engine;

public sealed class StateTests(EngineFixture engine)
{
    private readonly string _key = $"state-{TestContext.Current.Test!.UniqueID}";

    private IStateGrain Grain => engine.Grains.GetGrain<IStateGrain>(_key);

    [Fact]
    public async Task NewGrain_HasDefaultState_AndNoRecord()
    {
        var (count, names, etag, exists) = await Grain.ReadAsync();
        Assert.Equal(0, count);
        Assert.Empty(names);
        Assert.Null(etag);
        Assert.False(exists);
    }

    [Fact]
    public async Task WrittenState_IsThereAfterReactivation()
    {
        await Grain.IncrementAsync("a");
        await Grain.IncrementAsync("b");
        var before = await Grain.ActivationAsync();
        await Grain.LeaveAsync();
        var (count, names, etag, exists) = await Grain.ReadAsync();
        Assert.NotEqual(before, await Grain.ActivationAsync());
        Assert.Equal(2, count);
        Assert.Equal(["a", "b"], names);
        Assert.NotNull(etag);
        Assert.True(exists);
    }

    [Fact]
    public async Task UnwrittenState_IsLostWithTheActivation()
    {
        await Grain.IncrementAsync("a");
        await Grain.ChangeWithoutWritingAsync();
        await Grain.LeaveAsync();
        Assert.Equal(1, (await Grain.ReadAsync()).Count);
    }

    [Fact]
    public async Task Read_BringsTheStoredStateBack()
    {
        await Grain.IncrementAsync("a");
        await Grain.ChangeWithoutWritingAsync();
        await Grain.ReloadAsync();
        Assert.Equal(1, (await Grain.ReadAsync()).Count);
    }

    [Fact]
    public async Task Etag_ChangesWithEveryWrite()
    {
        var etags = new HashSet<string?>();
        for (var i = 0; i < 5; i++)
        {
            await Grain.IncrementAsync("x");
            Assert.True(etags.Add((await Grain.ReadAsync()).Etag));
        }
    }

    [Fact]
    public async Task Clear_RemovesTheRecord_AndTheGrainMayWriteAgain()
    {
        await Grain.IncrementAsync("a");
        await Grain.ClearAsync();
        Assert.False((await Grain.ReadAsync()).Exists);
        Assert.Equal(0, (await Grain.ReadAsync()).Count);
        Assert.Equal(1, await Grain.IncrementAsync("b"));
        await Grain.LeaveAsync();
        Assert.Equal(["b"], (await Grain.ReadAsync()).Names);
    }

    [Fact]
    public async Task WriteOverAnUnseenRecord_IsRefused_AndTheActivationReadsAgain()
    {
        var grain = engine.Grains.GetGrain<ITwoViewsGrain>(_key);
        await grain.WriteSecondAsync(7);
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.WriteFirstAsync(1));
        Assert.Equal((7, 7), await grain.ReadAsync());
        await grain.WriteFirstAsync(8);
    }
}
