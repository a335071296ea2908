using System.Diagnostics;

namespace OrleansLlm.Support;

/// <summary>Waits for something that another thread brings about. The limit is generous: it says what was missing, it measures nothing.</summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task UntilAsync(Func<bool> holds, string what, TimeSpan? limit = null) => await UntilAsync(() => Task.FromResult(holds()), what, limit);

    /// <param name="limit">Null: 30 s.</param>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(started) > (limit ?? Limit)) throw new TimeoutException($"Waited {(limit ?? Limit).TotalSeconds} s in vain for: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }
}
