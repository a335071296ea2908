namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>Here a cancellation reaches an enumeration before its first turn, which Orleans promises nobody.</summary>
public sealed class FickleTests(EngineFixture engine)
{
    [Fact]
    public async Task Cancel_BetweenItsAdmissionAndItsFirstTurn_EndsNoOtherCallInTheCount()
    {
        await engine.Grains.GetGrain<IFickleGrain>("fickle").ChangeItsMindAndLeaveAsync();
        await engine.Witness.Wait("fickle/deactivated");
        Assert.Equal(["changed its mind", "last turn", "deactivated"], engine.Witness.Log("fickle"));
    }
}
