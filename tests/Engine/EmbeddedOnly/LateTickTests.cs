namespace OrleansLlm.Engine.EmbeddedOnly;

public sealed class LateTickTests(EngineFixture engine)
{
    /// <summary>A tick that was on its way when its activation ended: as the timer would, by the engine's own door, since no clock can be that exact.</summary>
    [Fact]
    public async Task ATickThatComesWhenItsActivationIsGone_IsNotTakenByTheNextOne()
    {
        var grain = engine.Grains.GetGrain<ILateTickGrain>("late");
        var (activation, timer) = await grain.BeginAsync();
        var leaving = grain.LeaveAsync();
        await engine.Witness.Wait("late tick/leaving");
        var inherited = grain.TouchAsync();
        engine.Witness.Signal("late tick/gate");
        await leaving;
        Assert.Equal(1, await inherited);
        Assert.Equal(false, activation.GetType().GetMethod("TryAccept")!.Invoke(activation, [timer]));
        Assert.Equal(2, await grain.TouchAsync());
    }
}
