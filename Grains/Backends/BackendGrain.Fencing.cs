using Orleans.Storage;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// After the process has stood still: another activation may have taken over on a node that took this one for dead, and one slot would be given out by both. Who has the books is said
/// by the store, which takes a write from nobody who has not read the last one.
/// </summary>
internal sealed partial class BackendGrain
{
    private int _standstills;
    private Task? _checking;

    /// <summary>Before anything that may give out a slot.</summary>
    /// <exception cref="OrleansException">It is not ours any more, or the store does not say. The caller asks again, where the backend lives now.</exception>
    private Task EnsureOursAsync()
    {
        if (!host.HoldersOutliveBackends) return Task.CompletedTask;
        var standstills = standstill.Count;
        if (standstills == _standstills) return Task.CompletedTask;
        return _checking ??= CheckAsync(standstills);
    }

    /// <summary>Of a timer, which nobody waits for: false for what <see cref="EnsureOursAsync"/> throws. While the store does not answer, it is asked again soon.</summary>
    private async Task<bool> IsOursAsync()
    {
        try
        {
            await EnsureOursAsync();
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not InconsistentStateException) _tick.Change(Standstill.Longest, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private async Task CheckAsync(int standstills)
    {
        // A shared task: it must be there before it can end.
        await Task.Yield();
        try
        {
            await state.WriteStateAsync();
            _standstills = standstills;
        }
        catch (InconsistentStateException)
        {
            logger.TakenOver(Key);
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _checking = null;
        }
    }
}
