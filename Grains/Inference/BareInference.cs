using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Steps 3 to 7 of docs/request-path.md on behalf of nobody in particular: a slot, the upstream call, its tokens, the release. Who is admitted
/// for it, and who pays, is the business of those who read it.
/// </summary>
internal sealed class BareInference(
    Grain owner, IGrainFactory grains, ICatalog catalog, ICatalogSync sync, InferenceServices services, CancellationTokenSource left)
{
    /// <summary>This node is asked to stop: the request starts over elsewhere.</summary>
    public bool MovedOn { get; private set; }

    /// <param name="id">What leases are asked for under.</param>
    public async IAsyncEnumerable<InferenceEvent> RunAsync(string id, InferenceRequest request)
    {
        var turns = new CatalogTurns(id, catalog, sync);
        await turns.KnowAsync(request.Model, CancellationToken.None);
        var dispatch = new QueuedDispatch(left, request.Queue.TellProgress);
        try
        {
            Dispatcher dispatcher;
            do
            {
                dispatcher = new Dispatcher(owner, grains, turns.Id, request, turns.Began, services, new RequestTimeline(services.Time), dispatch.Tell);
                await foreach (var news in dispatch.RunAsync(dispatcher)) yield return news;
            }
            while (await turns.BeginAgainAsync(dispatch.Result, CancellationToken.None));

            var dispatched = dispatch.Result;
            if (dispatched.Answer is null)
            {
                yield return new InferenceFailed(dispatched.Failure! with { Queued = dispatcher.Queued });
                yield break;
            }

            await using var answer = new OpenAnswer(dispatched, dispatcher, left.Token);
            yield return dispatched.Started! with { Cost = Cost.OfWhole(request.Stream, dispatched.Answer), Wasted = dispatched.Wasted };
            InferenceEvent next;
            do
            {
                await answer.ArrivalAsync();
                next = await answer.NextAsync();
                if (next is InferenceFailed { Failure: var failure } && failure.Kind != FailureKind.Cancelled)
                {
                    services.Logger.StreamFailed(id, answer.Deployment.ToString(), failure.Kind.ToString(), services.Reports.WordsOf(failure));
                }

                yield return next;
            }
            while (!next.IsEnd);
        }
        finally
        {
            MovedOn = dispatch.MovedOn;
        }
    }
}
