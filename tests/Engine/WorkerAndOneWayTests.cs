namespace OrleansLlm.Engine;

public sealed class WorkerAndOneWayTests(EngineFixture engine)
{
    private readonly string _key = $"worker-{TestContext.Current.Test!.UniqueID}";

    [Fact]
    public async Task StatelessWorker_RunsAsManyAsItMay_AndNoMore()
    {
        var grain = engine.Grains.GetGrain<IWorkerGrain>(_key);
        var calls = Enumerable.Range(0, 10).Select(i => grain.WorkAsync($"{i}")).ToArray();
        await Witness.Until(() => engine.Witness.Count($"{_key}/started") == 3, "three workers at work");
        Assert.Equal(3, engine.Witness.Count($"{_key}/started"));
        engine.Witness.Signal($"{_key}/gate");
        Assert.Equal(3, (await Task.WhenAll(calls)).Distinct().Count());
        Assert.Equal(10, engine.Witness.Count($"{_key}/started"));
    }

    [Fact]
    public async Task OneWay_ReturnsBeforeTheGrainIsDone_AndKeepsItsPlace()
    {
        var grain = engine.Grains.GetGrain<INotifyGrain>(_key);
        Assert.Empty(await grain.ToldAsync());
        await grain.HoldAsync();
        grain.Tell("after");
        engine.Witness.Signal($"{_key}/gate");
        Assert.Equal(["held", "after"], await grain.ToldAsync());
    }

    [Fact]
    public async Task OneWay_BringsNoFailureBack()
    {
        var grain = engine.Grains.GetGrain<INotifyGrain>(_key);
        await grain.FailAsync();
        Assert.Empty(await grain.ToldAsync());
    }
}
