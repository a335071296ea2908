namespace OrleansLlm.Engine.EmbeddedOnly;

public interface ILateTickGrain : IGrainWithStringKey
{
    /// <summary>Its activation, and a timer of it.</summary>
    Task<(object Activation, object Timer)> BeginAsync();

    /// <summary>Asks to go, and stays until the gate opens.</summary>
    Task LeaveAsync();

    Task<int> TouchAsync();
}

internal sealed class LateTickGrain(Witness witness) : Grain, ILateTickGrain
{
    private int _touched;

    public Task<(object Activation, object Timer)> BeginAsync()
    {
        var timer = this.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        return Task.FromResult<(object, object)>((GrainContext, timer));
    }

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        witness.Signal("late tick/leaving");
        return witness.Wait("late tick/gate");
    }

    public Task<int> TouchAsync() => Task.FromResult(++_touched);
}
