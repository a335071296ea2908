using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Responses;

/// <summary>
/// Tells the stored response of an inference in the background that it has failed: nobody else might be there to see it. An answer stores
/// itself, before its end (<see cref="OpenTurn"/>).
/// </summary>
internal static class BackgroundEnd
{
    /// <summary>The pauses between the tries to tell it, in seconds: a store that is started anew is back within them. Whoever polls later finds an inference that has ended.</summary>
    private static readonly double[] AgainAfter = [1, 2, 4, 8, 15];

    public static async IAsyncEnumerable<InferenceEvent> ToldAsync(
        IAsyncEnumerable<InferenceEvent> events, IResponseGrain response, string inferenceId, InferenceServices services)
    {
        // Whoever polls is told by the store: an orderly stop waits for that.
        using var open = services.Drain.Hold();
        await using var each = events.GetAsyncEnumerator();
        Failure? untold = null;
        while (true)
        {
            InferenceEvent? next;
            try
            {
                next = await each.MoveNextAsync() ? each.Current : null;
            }
            catch (NodeDrainingException)
            {
                services.Logger.RequestStopped(inferenceId);
                next = new InferenceFailed(Failure.Stopping);
            }
            catch (Exception e)
            {
                // The stored response would be under way for ever otherwise.
                services.Logger.InternalError(inferenceId, e);
                next = new InferenceFailed(LostContact.Is(e) || e is OperationCanceledException or OutOfMemoryException ? Failure.GatewayLost : Failures.Internal);
            }

            if (next is null) yield break;
            if (next is InferenceFailed failed && !await TellAsync(response, StoredAs(failed.Failure), inferenceId, 1, services)) untold = StoredAs(failed.Failure);
            yield return next;
            if (next.IsEnd) break;
        }

        // To its end in any case: that is what releases the lease.
        while (await each.MoveNextAsync())
        {
        }

        if (untold is not null) await InsistAsync(response, untold, inferenceId, services);
    }

    /// <summary>Whoever cancels it has said so to the stored response before: what else cancels an inference is a node that stops.</summary>
    private static Failure StoredAs(Failure failure) => failure.Kind == FailureKind.Cancelled ? Failure.GatewayLost : failure;

    private static async Task InsistAsync(IResponseGrain response, Failure failure, string inferenceId, InferenceServices services)
    {
        for (var again = 0; again < AgainAfter.Length; again++)
        {
            await Task.Delay(TimeSpan.FromSeconds(AgainAfter[again]), services.Time, services.Drain.Over)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            // Where this process ends it reaches no store any more, and would only keep the end waiting.
            if (services.Drain.Over.IsCancellationRequested || await TellAsync(response, failure, inferenceId, again + 2, services)) return;
        }
    }

    /// <returns>Whether it is stored.</returns>
    private static async Task<bool> TellAsync(IResponseGrain response, Failure failure, string inferenceId, int attempt, InferenceServices services)
    {
        try
        {
            await response.FailAsync(failure);
            return true;
        }
        catch (Exception e)
        {
            services.Logger.TurnNotStored(inferenceId, attempt, e);
            return false;
        }
    }
}
