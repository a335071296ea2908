namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>The other engine makes no such promise: there the call itself leaves in a turn of the caller.</summary>
public sealed class BlockingTests(EngineFixture engine)
{
    [Fact]
    public async Task TurnThatStandsStill_DoesNotKeepTheGrainThatItHasCalledFromRunning()
    {
        var other = engine.Grains.GetGrain<ITurnGrain>("called by one that stands still");
        Assert.True(await engine.Grains.GetGrain<IBlockingGrain>("stands still").BlockOnAsync(other));
        Assert.Equal(1, await other.PeekAsync());
    }
}
