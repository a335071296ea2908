using System.Diagnostics.CodeAnalysis;
using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base of every grain class. One instance is one activation; it runs one turn at a time.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    // A grain is constructed inside a turn of its activation, so the scheduler of that turn is its context.
    protected Grain() => GrainContext = TaskScheduler.Current as Activation;

    /// <summary>The activation; null for a grain that a unit test made with <c>new</c>.</summary>
    [AllowNull]
    public IGrainContext GrainContext { get; }

    public string IdentityString => GrainContext.GrainId.ToString();

    protected IGrainFactory GrainFactory => Activation.Class.Engine.Factory;

    protected internal IServiceProvider ServiceProvider => Activation.ActivationServices;

    internal Activation Activation => GrainContext as Activation ?? throw new InvalidOperationException(
        $"{GetType().Name} was created outside of the engine: it has no activation.");

    /// <summary>Runs before the first call, with the state already read. If it throws, the waiting calls fail and the next call tries again.</summary>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last turn. Not promised: a process can die.</summary>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Deactivates when the calls that run now have ended; later calls wait for a new activation.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps the activation from being collected for this long; zero or less takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
