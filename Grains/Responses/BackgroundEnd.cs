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
    public static async IAsyncEnumerable<InferenceEvent> ToldAsync(
        IAsyncEnumerable<InferenceEvent> events, IResponseGrain response, string inferenceId, InferenceServices services)
    {
        // Whoever polls is told by the store: an orderly stop waits for that.
        using var open = services.Drain.Hold();
        await using var each = events.GetAsyncEnumerator();
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
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                services.Logger.InternalError(inferenceId, e);
                next = new InferenceFailed(LostContact.Is(e) || e is OperationCanceledException ? Failure.GatewayLost : Failures.Internal);
            }

            if (next is null) yield break;
            if (next is InferenceFailed failed) await TellAsync(response, StoredAs(failed.Failure), inferenceId, services);
            yield return next;
            if (next.IsEnd) break;
        }

        // To its end in any case: that is what releases the lease.
        while (await each.MoveNextAsync())
        {
        }
    }

    /// <summary>Whoever cancels it has said so to the stored response before: what else cancels an inference is a node that stops.</summary>
    private static Failure StoredAs(Failure failure) => failure.Kind == FailureKind.Cancelled ? Failure.GatewayLost : failure;

    private static async Task TellAsync(IResponseGrain response, Failure failure, string inferenceId, InferenceServices services)
    {
        try
        {
            await response.FailAsync(failure);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whoever polls finds that its inference is gone, and that is a failure as well.
            services.Logger.TurnNotStored(inferenceId, 1, e);
        }
    }
}
