using System.Runtime.CompilerServices;
using OrleansLlm.Caching;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// One request's life where the cache is on. Its steps are those of the <see cref="InferenceGrain"/>, numbered as in docs/request-path.md, but
/// for where the answer comes from: what somebody else pays for costs a request of its limits and no tokens.
/// </summary>
internal sealed class CachedInference(
    Grain owner, IGrainFactory grains, ICatalog catalog, ICatalogSync sync, InferenceServices services, CancellationTokenSource left, OpeningTries tries)
{
    public async IAsyncEnumerable<InferenceEvent> RunAsync(InferenceRequest asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, left.Token);

        // 2. The history of its conversation, which the key of the cache covers as well; then admission, for what it will cost.
        using var opening = await Opening.BeginAsync(owner, grains, asked, catalog, sync, services, tries);
        var (request, record, openTurn) = (opening.Request, opening.Record, opening.Turn);
        var own = new BareInference(owner, grains, catalog, sync, services, gone);
        var source = new AnswerSource(owner, grains, own, request, services, gone);
        if (opening.Fits) await source.LookAsync();
        var refusal = await opening.AdmitAsync(source.Status == CacheStatus.Miss ? request : request with { PromptEstimate = 0, MaxOutputTokens = 0 });
        if (refusal is not null)
        {
            yield return new InferenceFailed(refusal);
            yield break;
        }

        var admittance = opening.Admittance;
        InferenceStarted? started = null;
        var written = 0L;
        var ended = false;
        try
        {
            // 3 to 7. Whoever's inference it is.
            while (!ended)
            {
                var next = await source.NextAsync();
                switch (next)
                {
                    // Who is admitted for it, a shared inference does not know. Nothing has been shown yet: it can still be refused.
                    case InferenceStarted { ModelGroup: var group } when group != request.Model && source.Status == CacheStatus.Miss
                        && await admittance.AskForAsync(group, request, catalog.Current) is { } over:
                        // It has run all the same, and is paid for.
                        next = new InferenceFailed(over with { Broken = await UsedAsync(begun: (InferenceStarted)next, source, request) });
                        break;
                    case InferenceStarted begun:
                        started = begun with
                        {
                            Limits = admittance.Standing,
                            Cache = source.Status,
                            CacheKey = source.Status == CacheStatus.Miss ? null : source.Key,
                            Cost = source.Status == CacheStatus.Miss ? begun.Cost : 0,
                            Wasted = null,
                        };
                        record.Wasted = begun.Wasted;
                        record.Served(started, DeploymentOf(begun));
                        next = started;
                        break;
                    case TokenChunk:
                        written++;
                        break;
                }

                record.Saw(next);
                openTurn?.Saw(next);
                if (next.IsEnd)
                {
                    // 8. Settlement, before the client sees the end: its next request must not find this one still running.
                    ended = true;
                    var pays = await source.LeaveAsync();
                    if (source.Missed) record.MissedCache();
                    if (!pays) record.CostsNothing(isHit: source.Status != CacheStatus.Miss);
                    next = await EndAsync(next, started is not null, pays, admittance, record, openTurn, opening.RequestId, request.PromptEstimate, written);
                }

                yield return next;
            }
        }
        finally
        {
            // 8. Settlement of what broke off. The one who leaves last pays for what was written; the others have passed it on.
            if (!ended && !own.MovedOn)
            {
                var pays = await source.LeaveAsync() && written > 0;
                if (!pays) record.CostsNothing(isHit: source.Status != CacheStatus.Miss);
                var (prompt, wrote) = pays ? (request.PromptEstimate, written) : (0, 0);
                record.Failed(Failures.Cancelled, prompt, wrote);
                await admittance.SettleAsync(prompt, wrote, record.CostOf(prompt, wrote));
            }

            await source.DisposeAsync();
        }
    }

    /// <summary>What an answer has cost that its client is not given: all of a whole one, of a stream what is known when it begins.</summary>
    private async Task<BrokenAnswer> UsedAsync(InferenceStarted begun, AnswerSource source, InferenceRequest request)
    {
        var (prompt, completion) = (request.PromptEstimate, 1L);
        var deployment = DeploymentOf(begun);
        InferenceEvent? end = null;
        while (!request.Stream && end is not { IsEnd: true }) end = await source.NextAsync();
        if (end is InferenceCompleted done) (prompt, completion) = (done.PromptTokens, done.CompletionTokens);
        return new BrokenAnswer(begun.DeploymentId, prompt, completion, deployment is null ? null : Cost.Of(deployment, prompt, completion)).And(begun.Wasted);
    }

    private Deployment? DeploymentOf(InferenceStarted begun) =>
        catalog.Current.FindGroup(begun.ModelGroup)?.Find(begun.DeploymentId);

    private static async Task<InferenceEvent> EndAsync(
        InferenceEvent end, bool started, bool pays, Admittance admittance, UsageRecord record, OpenTurn? openTurn, string requestId, long prompt, long written)
    {
        switch (end)
        {
            case InferenceFailed { Failure: var failure } when !started:
                if (failure is { IsRefusal: true, Fallbacks: 0 }) await admittance.WithdrawAsync();
                else if (pays && failure.Broken is { } broken) await admittance.SettleAsync(broken.PromptTokens, broken.CompletionTokens, broken.Cost);
                else await admittance.SettleAsync(0, 0);
                record.Waited(failure.Queued);
                record.Failed(failure);
                return new InferenceFailed(failure with { Limits = failure.Limits ?? admittance.Standing });
            case InferenceCompleted done:
                var used = pays ? record.Used(done) : new BrokenAnswer("", 0, 0, 0);
                await admittance.SettleAsync(used.PromptTokens, used.CompletionTokens, used.Cost);
                // And its next request must find this turn in its conversation.
                if (openTurn is not null && await openTurn.StoreAsync(requestId, done) is { } notStored)
                {
                    end = new InferenceFailed(pays ? notStored with { Broken = used } : notStored);
                    (prompt, written) = (0, 0);
                }

                break;
            default:
                if (!pays) (prompt, written) = (0, 0);
                await admittance.SettleAsync(prompt, written, record.CostOf(prompt, written));
                break;
        }

        record.Ended(end, deployment: null, pays ? prompt : 0, pays ? written : 0);
        return end;
    }
}
