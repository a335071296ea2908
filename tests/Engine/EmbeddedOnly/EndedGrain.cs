using System.Collections.Concurrent;

namespace OrleansLlm.Engine.EmbeddedOnly;

public interface IEndedGrain : IGrainWithStringKey
{
    Task LeaveAsync();
}

/// <summary>Every instance that was made, without keeping it.</summary>
public sealed class Born
{
    public ConcurrentQueue<WeakReference> Instances { get; } = [];
}

internal sealed class EndedGrain : Grain, IEndedGrain
{
    public EndedGrain(Born born) => born.Instances.Enqueue(new WeakReference(this));

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
