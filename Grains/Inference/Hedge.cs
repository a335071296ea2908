using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Inference;

/// <summary>When the first token is late, a second candidate is asked as well; whose first token comes first serves, the other is cancelled.</summary>
internal static class Hedge
{
    /// <param name="second">Begins the second attempt; null when nobody has a slot free at once.</param>
    /// <returns>The attempt that answers, or the last to fail when both did: then the first to fail, disposed, is among the others.</returns>
    public static async Task<(UpstreamAttempt Attempt, AttemptFailure? Failure, IReadOnlyList<(UpstreamAttempt Attempt, AttemptFailure Failure)> Others)> RunAsync(
        UpstreamAttempt first, TimeSpan late, Func<Task<UpstreamAttempt?>> second, InferenceServices services)
    {
        using var stop = new CancellationTokenSource();
        // Late counts from the call on, however long that takes to get under way.
        var timer = Task.Delay(late, services.Time, stop.Token);
        var opening = first.OpenAsync();
        var isAnswering = await Task.WhenAny(Sign(first, opening), timer) != timer;
        await stop.CancelAsync();
        if (isAnswering || await BeginAsync(second, first, opening) is not { } other) return (first, await opening, []);
        var otherOpening = other.OpenAsync();
        var sign = Sign(first, opening);
        var firstIsQuicker = await Task.WhenAny(sign, Sign(other, otherOpening)) == sign;
        var (quicker, quickerOpening) = firstIsQuicker ? (first, opening) : (other, otherOpening);
        var (slower, slowerOpening) = firstIsQuicker ? (other, otherOpening) : (first, opening);
        // A fault of ours, which the other would only repeat: it is thrown to whoever asked, and nobody is left to read what the other brings.
        if (quickerOpening.IsFaulted) await PartAsync(slower, slowerOpening, services.Logger);
        if (quickerOpening.IsCompleted && await quickerOpening is { } failure)
        {
            // To fail first is not to win.
            var last = await slowerOpening;
            await quicker.DisposeAsync();
            return (slower, last, [(quicker, failure)]);
        }

        // Nobody waits for the loser's backend to hear of it: only the end of the request does.
        quicker.Beaten = PartAsync(slower, slowerOpening, services.Logger);
        return (quicker, await quickerOpening, []);
    }

    /// <summary>Ends the upstream call; its slot is free after this.</summary>
    private static async Task PartAsync(UpstreamAttempt beaten, Task opening, ILogger logger)
    {
        try
        {
            await beaten.AbandonAsync();
            await opening;
            await beaten.DisposeAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            logger.BeatenFailed(beaten.Deployment.ToString(), e);
        }
    }

    /// <summary>Over with whatever shows how an attempt goes: its first token, or its end.</summary>
    private static Task Sign(UpstreamAttempt attempt, Task opening) => Task.WhenAny(attempt.FirstTokenSeen, opening);

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
}
