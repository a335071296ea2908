using System.Runtime.CompilerServices;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Awaits that a step of an enumeration is over, without taking its outcome: that stays with whoever made the step and takes it afterwards,
/// at once. So one method waits for a token instead of every method on the way to it, each with its own state machine and turn of the grain.
/// </summary>
internal readonly struct Arrival(ValueTaskAwaiter<bool>? step) : ICriticalNotifyCompletion
{
    public bool IsCompleted => step is not { } awaited || awaited.IsCompleted;

    public Arrival GetAwaiter() => this;

    public void GetResult()
    {
        // The outcome is not ours.
    }

    public void OnCompleted(Action continuation) => step!.Value.OnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => step!.Value.UnsafeOnCompleted(continuation);
}
