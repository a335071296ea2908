using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Finds the backend that answers: candidates, slot, upstream call, and while nothing has been shown to the client, the next attempt,
/// deployment or fallback group. Steps 3 to 5 of docs/request-path.md.
/// </summary>
internal sealed class Dispatcher(
    Grain owner, IGrainFactory grains, string requestId, InferenceRequest request, GatewayCatalog catalog, InferenceServices services,
    Action<SlotQueued>? waiting = null)
{
    private int _attempts;
    private int _retries;
    private int _fallbacks;
    private TimeSpan _queued;
    private int _position;

    public async Task<Dispatched> RunAsync(CancellationToken clientLeft)
    {
        try
        {
            return await TryGroupsAsync(clientLeft);
        }
        catch (OperationCanceledException) when (clientLeft.IsCancellationRequested)
        {
            return new Dispatched(null, null, Failures.Cancelled);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or NodeDrainingException))
        {
            services.Logger.InternalError(requestId, e);
            return new Dispatched(null, null, Failures.Internal);
        }
    }

    private async Task<Dispatched> TryGroupsAsync(CancellationToken clientLeft)
    {
        Failure? original = null;
        var group = request.Model;
        var fallbacks = new Queue<string>(Fallbacks());
        while (true)
        {
            var (attempt, failure) = await TryGroupAsync(group, clientLeft);
            if (attempt is not null) return new Dispatched(attempt, Started(attempt, group), null);
            original ??= failure!.Failure;
            if (!failure!.MayMoveOn || !fallbacks.TryDequeue(out group!))
            {
                // The first failure is the one the client's own model had; what became of the fallbacks is in the log.
                return new Dispatched(null, null, original with { Retries = _retries, Fallbacks = _fallbacks });
            }

            _fallbacks++;
        }
    }

    private IEnumerable<string> Fallbacks() =>
        request.DisableFallbacks ? [] : catalog.Routing.FallbacksFor(request.Model).Take(catalog.Routing.MaxFallbacks);

    private async Task<(UpstreamAttempt?, AttemptFailure?)> TryGroupAsync(string groupName, CancellationToken clientLeft)
    {
        if (catalog.FindGroup(groupName) is not { } group)
        {
            return (null, new AttemptFailure(Failure.UnknownModel(groupName), Retryable: false, MayMoveOn: true));
        }

        // 3. Candidates, in the order of the routing strategy.
        var all = (await grains.GetGrain<IModelGrain>(groupName).GetCandidatesAsync()).Candidates;
        var untried = all;
        AttemptFailure? last = null;
        for (var left = request.Retries ?? catalog.Routing.Retries; ; left--)
        {
            var (attempt, tried, failure) = await TryOnceAsync(group, groupName, untried, clientLeft);
            if (attempt is not null) return (attempt, null);
            last = tried is null && last is not null ? last : failure;
            // Without a slot there was no attempt: the other candidates have refused as well.
            if (tried is null || left <= 0 || !failure!.MayMoveOn) return (null, last);
            untried = untried.RemoveAll(c => c.DeploymentId == tried.DeploymentId);
            if (untried.IsEmpty)
            {
                if (!failure.Retryable) return (null, last);
                await Task.Delay(services.Backoff.After(_retries, failure.Failure.RetryAfter), services.Time, clientLeft);
                untried = all;
            }

            _retries++;
        }
    }

    private async Task<(UpstreamAttempt?, Candidate?, AttemptFailure?)> TryOnceAsync(
        ModelGroup group, string publicName, ImmutableArray<Candidate> candidates, CancellationToken clientLeft)
    {
        // 4. A slot, from whichever candidate grants one first.
        var leaseId = _attempts++ == 0 ? requestId : $"{requestId}#{_attempts}";
        var asked = services.Time.GetTimestamp();
        var race = new SlotRace(
            name => grains.GetGrain<IBackendGrain>(name), SlotRequests.For(request, leaseId, _queued),
            c => group.Deployments.First(d => d.Id == c.DeploymentId).Model, services.Time, waiting);
        var result = await RunUnlessDrainingAsync(race, candidates, clientLeft);
        _queued += services.Time.GetElapsedTime(asked);
        if (_position == 0) _position = race.Position;
        if (result.Winner is not { } winner)
        {
            return (null, null, new AttemptFailure(Failures.NoSlot(publicName, result.Refusals), Retryable: false, MayMoveOn: true));
        }

        // 5. The upstream call, until its first token.
        var lease = new LeaseKeeper(owner, grains.GetGrain<IBackendGrain>(winner.Backend), result.LeaseId, result.Grant!, services.Time, services.Logger);
        UpstreamAttempt? attempt = null;
        try
        {
            var deployment = group.Deployments.First(d => d.Id == winner.DeploymentId);
            attempt = new UpstreamAttempt(
                services.Upstream,
                UpstreamRequests.For(deployment, publicName, catalog, request, requestId),
                deployment, lease, gather: !request.Stream, services, clientLeft);
            if (await attempt.OpenAsync() is not { } failure)
            {
                var opened = attempt;
                attempt = null;
                lease = null;
                return (opened, winner, null);
            }

            services.Logger.AttemptFailed(requestId, deployment.ToString(), failure.Failure.Kind.ToString(), failure.Failure.Message);
            return (null, winner, failure);
        }
        finally
        {
            if (attempt is not null) await attempt.DisposeAsync();
            else if (lease is not null) await lease.DisposeAsync();
        }
    }

    /// <summary>A request that only waits is started over elsewhere when this process is asked to stop.</summary>
    private async Task<SlotRaceResult> RunUnlessDrainingAsync(SlotRace race, ImmutableArray<Candidate> candidates, CancellationToken clientLeft)
    {
        if (services.Drain.Began.IsCancellationRequested) throw new NodeDrainingException();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, services.Drain.Began);
        try
        {
            return await race.RunAsync(candidates, stop.Token);
        }
        catch (OperationCanceledException) when (!clientLeft.IsCancellationRequested)
        {
            throw new NodeDrainingException();
        }
    }

    private InferenceStarted Started(UpstreamAttempt attempt, string group) => new()
    {
        DeploymentId = attempt.Deployment.Id,
        ModelGroup = group,
        ApiBase = attempt.Deployment.ApiBase.GetLeftPart(UriPartial.Path),
        Queued = _queued,
        Upstream = attempt.Upstream,
        Retries = _retries,
        Fallbacks = _fallbacks,
        DroppedParameters = attempt.DroppedParameters,
        QueuePosition = _position,
    };
}

/// <summary>An open answer with its head, or the failure to tell.</summary>
internal sealed record Dispatched(UpstreamAttempt? Answer, InferenceStarted? Started, Failure? Failure);
