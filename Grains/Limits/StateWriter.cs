namespace OrleansLlm.Grains.Limits;

/// <summary>
/// One write of a grain's state at a time. Whoever asks while one is under way needs the next, and shares it with all who ask meanwhile.
/// Lives in the turns of its grain.
/// </summary>
internal sealed class StateWriter(Func<Task> write)
{
    private Task? _running;
    private Task? _next;

    /// <summary>Ends, or fails, with a write that was begun after this call.</summary>
    public Task WriteAsync()
    {
        if (_running is null or { IsCompleted: true }) return _running = write();
        return _next ??= AfterAsync(_running);
    }

    private async Task AfterAsync(Task running)
    {
        // How that one ended is for those to know who asked for it.
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _next = null;
        await (_running = write());
    }
}
