namespace OrleansLlm.Grains.Inference;

/// <summary>When the first token is late, a second candidate is asked as well; who answers first serves, the other is cancelled.</summary>
internal static class Hedge
{
    /// <param name="second">Begins the second attempt; null when nobody has a slot free at once.</param>
    /// <returns>Those that were begun: the first is the one that answered, or the first to fail when both did. The others are disposed.</returns>
    public static async Task<(UpstreamAttempt Attempt, AttemptFailure? Failure, IReadOnlyList<(UpstreamAttempt Attempt, AttemptFailure Failure)> Others)> RunAsync(
        UpstreamAttempt first, TimeSpan late, Func<Task<UpstreamAttempt?>> second, TimeProvider time)
    {
        var opening = first.OpenAsync();
        if (await IsOverByAsync(opening, late, time) || await BeginAsync(second, first, opening) is not { } other) return (first, await opening, []);
        var otherOpening = other.OpenAsync();
        var quicker = await Task.WhenAny(opening, otherOpening) == opening ? first : other;
        var (quickerOpening, slower, slowerOpening) = quicker == first ? (opening, other, otherOpening) : (otherOpening, first, opening);
        if (await quickerOpening is not { } failure)
        {
            await slower.AbandonAsync();
            // Also its slot is free after this.
            await slowerOpening;
            await slower.DisposeAsync();
            return (quicker, null, []);
        }

        // To fail first is not to win.
        var last = await slowerOpening;
        await quicker.DisposeAsync();
        return (slower, last, [(quicker, failure)]);
    }

    private static async Task<UpstreamAttempt?> BeginAsync(Func<Task<UpstreamAttempt?>> second, UpstreamAttempt first, Task opening)
    {
        try
        {
            return await second();
        }
        catch
        {
            // Nobody will read what the first one brings.
            await first.AbandonAsync();
            await opening;
            await first.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> IsOverByAsync(Task opening, TimeSpan late, TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        var timer = Task.Delay(late, time, stop.Token);
        var over = await Task.WhenAny(opening, timer) == opening;
        await stop.CancelAsync();
        return over;
    }
}
