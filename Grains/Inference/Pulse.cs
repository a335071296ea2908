namespace OrleansLlm.Grains.Inference;

/// <summary>Wakes whoever of one grain waits for a change. Not thread-safe: it lives in the turns of its grain.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _next;

    /// <summary>Ends with the next <see cref="Beat"/>. Look at the state first, then await this: no turn lies between.</summary>
    public Task Next => (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Beat()
    {
        var waited = _next;
        _next = null;
        waited?.TrySetResult();
    }
}
