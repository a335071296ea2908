using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Inference;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Finds the backend that answers: candidates, slot, upstream call, and while nothing has been shown to the client, the next attempt,
/// deployment or fallback group. Steps 3 to 5 of docs/request-path.md.
/// </summary>
/// <param name="admitStandIn">Asks the limits of a fallback group's own model before it is tried; null: whoever reads the answer does.</param>
/// <param name="mayMove">Whoever reads the answer would begin the request again in another process if this one stops.</param>
/// <param name="mayBeginAgain">Whoever reads the answer begins the request again where contact was lost before any backend was asked.</param>
internal sealed class Dispatcher(
    Grain owner, IGrainFactory grains, string requestId, InferenceRequest request, GatewayCatalog catalog, InferenceServices services, RequestTimeline timeline,
    Action<SlotQueued>? waiting = null, Func<string, InferenceRequest, GatewayCatalog, Task<Failure?>>? admitStandIn = null, bool mayMove = true, bool mayBeginAgain = false)
{
    private static readonly TimeSpan HardlyQueued = TimeSpan.FromSeconds(1);

    private readonly FallbackPlan _fallbacks = new(catalog.Routing, request);
    private readonly TriedList _tried = new();
    private readonly List<UpstreamAttempt> _parting = [];
    private int _attempts;
    private int _retries;
    private int _position;
    private bool _asked;
    private bool _simulated;
    private BrokenAnswer? _broken;
    private GroupTry? _served;
    private string _shown = "";
    private ImmutableArray<string> _brokeOff = [];

    /// <summary>How long the request has waited in queues, whether or not it came to be served.</summary>
    public TimeSpan Queued { get; private set; }

    public async Task<Dispatched> RunAsync(CancellationToken clientLeft)
    {
        var dispatched = await FindAsync(clientLeft);
        if (_broken is null) return dispatched;
        return dispatched.Failure is { } failure ? dispatched with { Failure = failure with { Broken = _broken } } : dispatched with { Wasted = _broken };
    }

    private async Task<Dispatched> FindAsync(CancellationToken clientLeft)
    {
        try
        {
            return await TryGroupsAsync(new GroupTry(request.Model, request, [], ""), clientLeft);
        }
        catch (OperationCanceledException) when (clientLeft.IsCancellationRequested)
        {
            return new Dispatched(null, null, Failures.Cancelled);
        }
        catch (NodeDrainingException) when (services.Drain.Began.IsCancellationRequested && (!mayMove || !services.Host.HasOthers()))
        {
            return new Dispatched(null, null, Failure.Stopping with { Retries = _retries, Fallbacks = _fallbacks.Taken }) { Asked = _asked };
        }
        catch (Exception e) when (e is not (OutOfMemoryException or NodeDrainingException) && !BeginsAgainAfter(e, clientLeft))
        {
            services.Logger.InternalError(requestId, e);
            // A cancellation that is not the client's is the engine's, when it cannot find a grain.
            return new Dispatched(null, null, LostContact.IsOrGivenUp(e) ? Failure.GatewayLost : Failures.Internal);
        }
    }

    /// <summary>It has cost nobody anything yet, nor its client a wait that would begin anew.</summary>
    private bool BeginsAgainAfter(Exception e, CancellationToken clientLeft) =>
        mayBeginAgain && !_asked && Queued < HardlyQueued && !clientLeft.IsCancellationRequested && LostContact.Is(e);

    /// <summary>Another backend for an answer that broke off: the rest of its group, then the fallbacks.</summary>
    /// <param name="group">The one that served it.</param>
    /// <returns>Null when nobody can.</returns>
    public async Task<Dispatched?> GoOnAsync(string group, UpstreamAttempt broken, CancellationToken clientLeft)
    {
        // All that was shown, also by those that broke off before it.
        _shown += broken.Text!.ToString();
        _brokeOff = _brokeOff.Add(broken.Deployment.Id);
        try
        {
            var dispatched = await TryGroupsAsync(new GroupTry(group, _served!.Asked, _brokeOff, _shown), clientLeft);
            if (dispatched.Answer is null) return null;
            services.Logger.Continued(requestId, broken.Deployment.ToString(), dispatched.Answer.Deployment.ToString());
            return dispatched;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The failure that broke the answer off is the one to tell.
            if (!clientLeft.IsCancellationRequested && e is not NodeDrainingException) services.Logger.InternalError(requestId, e);
            return null;
        }
    }

    private async Task<Dispatched> TryGroupsAsync(GroupTry current, CancellationToken clientLeft)
    {
        Failure? original = null;
        var mayServeLater = false;
        for (var isStandIn = false; ; isStandIn = true)
        {
            var refused = isStandIn && admitStandIn is not null ? await admitStandIn(current.Group, current.Request, catalog) : null;
            var (answer, failure, _) = refused is null ? await TryGroupAsync(current, clientLeft) : GroupFailed(current, refused);
            if (answer is not null)
            {
                _served = current;
                return new Dispatched(answer, Started(answer, current.Group), null);
            }

            // Who asks for a model that there is not has asked for its stand-in: when that is free again is worth more than that there is none.
            if (original is null || (original.Kind == OrleansLlm.Inference.FailureKind.UnknownModel && refused is not null)) original = failure!.Failure;
            // What the model itself never serves, a stand-in may that has failed only now, and not because of the request.
            mayServeLater |= !failure!.Failure.RetryIsVain && failure.Failure.Kind != OrleansLlm.Inference.FailureKind.UnknownModel
                && failure.Class is not (FailureClass.BadRequest or FailureClass.ContextWindow or FailureClass.ContentPolicy);
            if (!failure.MayFallBack || _fallbacks.Next(current.Group, failure.Class) is not { } target)
            {
                // The first failure is the one the client's own model had.
                return new Dispatched(null, null, _tried.Tell(original with { RetryIsVain = original.RetryIsVain && !mayServeLater }, _retries, _fallbacks.Taken)) { Asked = _asked };
            }

            current = new GroupTry(target.Model, target.Overrides.IsEmpty ? current.Asked : Override(current.Asked, target.Overrides), current.Excluded, _shown);
        }
    }

    private static InferenceRequest Override(InferenceRequest request, ReadOnlyMemory<byte> overrides)
    {
        var edited = request.Edited(body => BodyEdits.Override(body, overrides));
        return edited with { PromptEstimate = PromptEstimate.Of(edited.Body.Span) };
    }

    private async Task<RetryStep> TryGroupAsync(GroupTry current, CancellationToken clientLeft)
    {
        if (catalog.FindGroup(current.Group) is not { } group) return GroupFailed(current, Failure.UnknownModel(current.Group));
        if (request.SimulatedFailure is { } simulated && !_simulated)
        {
            _simulated = true;
            return GroupFailed(current, Failures.Simulated(current.Group, simulated));
        }

        // 3. Candidates, in the order of the routing strategy.
        var list = await grains.GetGrain<IModelGrain>(current.Group).GetCandidatesForAsync(current.Request.Queue.Conversation);
        var all = OwnCandidates.Of(group, list.Candidates).RemoveAll(c => current.Excluded.Contains(c.DeploymentId));
        if (catalog.Routing.FiltersTags && TaggedCandidates.LeaveOutOthers(group, current.Group, request.Tags, catalog.Routing, ref all) is { } notForTags) return GroupFailed(current, notForTags);
        if (request.Kind != InferenceKind.Chat && SuitableCandidates.LeaveOutUnable(group, current.Group, request.Kind, ref all) is { } notOffered) return GroupFailed(current, notOffered);
        if (catalog.Routing.PreCallChecks && SuitableCandidates.LeaveOutTooShort(group, current.Group, current.Request.PromptEstimate, ref all) is { } tooLong) return GroupFailed(current, tooLong);
        if (catalog.Settings.Limits.Upstreams.Count > 0)
        {
            (all, var spent) = await AffordableCandidates.OfAsync(grains, group, current.Group, all, requestId, services);
            if (spent is not null) return GroupFailed(current, spent);
        }

        if (all.IsEmpty && current.Excluded.IsEmpty) return GroupFailed(current, Failures.Gone(current.Group));
        var routing = catalog.Routing;
        var rules = new RetryRules(routing.RetryPolicyFor(current.Group), request.Retries, routing.Retries, routing.RetryAfter);
        var untried = all;
        AttemptFailure? last = null;
        int? lastOwn = null;
        var vain = 0;
        RetryDecision? decided = null;
        return await services.Retries.RunAsync(
            async retry =>
            {
                if (retry > 0) _retries++;
                if (untried.IsEmpty) untried = all;
                var hedgeAfter = request.Kind == InferenceKind.Chat ? list.HedgeAfter : null;
                var once = await TryOnceAsync(group, current, untried, hedgeAfter, clientLeft);
                for (var more = 0; more < 3 && once.Tried.IsEmpty && RetryRules.StillToWait(decided, once.Failure!) is { } moment; more++)
                {
                    await Task.Delay(moment, services.Time, clientLeft);
                    once = await TryOnceAsync(group, current, untried, hedgeAfter, clientLeft);
                }

                if (once.Answer is not null) return new RetryStep(once.Answer, null);
                if (once.Tried.IsEmpty)
                {
                    // Without a slot there was no attempt: the other candidates have refused as well, and what failed before is worth more.
                    if (last is null || untried.Length == all.Length) return new RetryStep(null, last ?? once.Failure);
                    // Those that were left have refused; those that have failed may do better now, and this was no try of theirs.
                    untried = all;
                    vain++;
                    _retries--;
                }
                else
                {
                    last = once.Failure!;
                    lastOwn = group.Find(once.Tried[^1])?.Retries;
                    untried = untried.RemoveAll(c => once.Tried.Contains(c.DeploymentId));
                }

                decided = rules.After(last, retry - vain, lastOwn, !untried.IsEmpty && untried.Length < all.Length, _fallbacks.HasNext(current.Group, last.Class));
                return new RetryStep(null, last, decided);
            },
            brisk: _fallbacks.HasNext(current.Group, FailureClass.Other),
            clientLeft);
    }

    private RetryStep GroupFailed(GroupTry current, Failure failure)
    {
        _tried.Add(current.Group, null, failure);
        return new RetryStep(null, AttemptFailure.OfGroup(failure));
    }

    private async Task<OnceTried> TryOnceAsync(
        ModelGroup group, GroupTry current, ImmutableArray<Candidate> candidates, TimeSpan? hedgeAfter, CancellationToken clientLeft)
    {
        await PartFromAllAsync(candidates, clientLeft);
        // 4. A slot, from whichever candidate grants one first.
        var (asked, from) = (services.Time.GetTimestamp(), timeline.Now);
        using var span = new QueueSpan(request, current.Group);
        var race = Race(group, current);
        SlotRaceResult result;
        try
        {
            result = await RunUnlessDrainingAsync(race, candidates, clientLeft);
        }
        finally
        {
            Queued += services.Time.GetElapsedTime(asked);
        }

        if (_position == 0) _position = race.Position;
        span.End(race.Position, result);
        if (result.Winner is not { } winner)
        {
            var refused = AttemptFailure.OfGroup(Failures.NoSlot(current.Group, result.Refusals));
            timeline.Queued(from, current.Group, race.Position, refused.Failure);
            _tried.Add(current.Group, null, refused.Failure);
            return new OnceTried(null, refused, []);
        }

        timeline.Queued(from, winner.Backend, race.Position, failure: null);
        // 5. The upstream call, until its first token.
        var first = await BeginAsync(group, current, result, clientLeft);
        var others = candidates.RemoveAll(c => c.Backend == winner.Backend);
        if (hedgeAfter is not { } late || others.IsEmpty) return await EndAsync(current, first, await first.OpenAsync());
        var (attempt, failure, failed) = await Hedge.RunAsync(first, late, async () => await BeginSecondAsync(group, current, others, first, late, clientLeft), services);
        foreach (var loser in failed)
        {
            Note(current, loser.Attempt, loser.Failure);
            NoteUse(loser.Attempt);
        }

        var once = await EndAsync(current, attempt, failure);
        return once with { Tried = once.Tried.InsertRange(0, failed.Select(f => f.Attempt.Deployment.Id)) };
    }

    private SlotRace Race(ModelGroup group, GroupTry current, bool mayWait = true)
    {
        var leaseId = _attempts++ == 0 ? requestId : $"{requestId}#{_attempts}";
        return new SlotRace(
            name => grains.GetGrain<IBackendGrain>(name), SlotRequests.For(current.Request, leaseId, Queued),
            c => Find(group, c.DeploymentId).Model, services.Time, services.Logger, services.Queues, waiting, mayWait);
    }

    private static Deployment Find(ModelGroup group, string id) => group.Find(id) ?? throw new InvalidOperationException($"{id} is not in the group {group.Name}.");

    private async Task<UpstreamAttempt> BeginAsync(ModelGroup group, GroupTry current, SlotRaceResult slot, CancellationToken clientLeft)
    {
        var lease = new LeaseKeeper(owner, grains.GetGrain<IBackendGrain>(slot.Winner!.Backend), slot.LeaseId, slot.Grant!, services);
        AttemptMeter? meter = null;
        try
        {
            var deployment = Find(group, slot.Winner.DeploymentId);
            meter = new AttemptMeter(services.Metrics, deployment, request);
            var form = !request.Stream ? AnswerForm.Whole
                : request.Kind == InferenceKind.Chat && catalog.Routing.OptionsFor(request.Model).ContinueOnFailure ? AnswerForm.StreamWithText : AnswerForm.Stream;
            var upstream = UpstreamRequests.For(deployment, current.Group, catalog, current.Request, requestId);
            if (catalog.Settings.Telemetry.ForwardTraceParent) upstream = upstream with { TraceParent = meter.TraceParent, TraceState = meter.TraceState };
            _asked = true;
            var spend = deployment.BudgetScopes.IsEmpty ? null : new DeploymentSpend(grains, deployment, slot.LeaseId, services);
            return new UpstreamAttempt(
                upstream, deployment, lease, meter, form, services, clientLeft, (limit, silence) => UpstreamRequests.IsImpatience(limit, silence, deployment, catalog, current.Request), spend);
        }
        catch
        {
            meter?.Dispose();
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Only a slot that is free at once: a hedge that waits, or makes others wait, would cost more than it wins.</summary>
    private async Task<UpstreamAttempt?> BeginSecondAsync(
        ModelGroup group, GroupTry current, ImmutableArray<Candidate> others, UpstreamAttempt first, TimeSpan late, CancellationToken clientLeft)
    {
        var result = await Race(group, current, mayWait: false).RunAsync(others, clientLeft);
        if (result.Winner is null) return null;
        var second = await BeginAsync(group, current, result, clientLeft);
        services.Logger.Hedged(requestId, first.Deployment.ToString(), late, second.Deployment.ToString());
        return second;
    }

    private async Task<OnceTried> EndAsync(GroupTry current, UpstreamAttempt attempt, AttemptFailure? failure)
    {
        if (failure is null)
        {
            timeline.Tried(attempt, failure: null);
            return new OnceTried(attempt, null, [attempt.Deployment.Id]);
        }

        Note(current, attempt, failure);
        await attempt.DisposeAsync();
        NoteUse(attempt);
        return new OnceTried(null, failure, [attempt.Deployment.Id]);
    }

    /// <summary>A whole answer that breaks off has cost its service what a streamed one has.</summary>
    private void NoteUse(UpstreamAttempt attempt)
    {
        if (!attempt.FirstTokenSeen.IsCompleted || attempt.Usage is not { } used) return;
        var cost = Cost.Of(attempt.Deployment, used.Prompt, used.Completion, used.CacheRead, used.CacheWritten);
        _broken = new BrokenAnswer(attempt.Deployment.Id, used.Prompt, used.Completion, cost).And(_broken);
    }

    private void Note(GroupTry current, UpstreamAttempt attempt, AttemptFailure failure)
    {
        services.Logger.AttemptFailed(requestId, attempt.Deployment.ToString(), failure.Failure.Kind.ToString(), services.Reports.WordsOf(failure.Failure));
        _tried.Add(current.Group, attempt.Deployment.ConfiguredModel, failure.Failure);
        if (!attempt.Released.IsCompleted) _parting.Add(attempt);
        timeline.Tried(attempt, failure.Failure);
    }

    /// <summary>
    /// Where every candidate still stops what it did for this request, there is nobody to be quicker with. The slot will be ours again: it is waited for here, since
    /// a queue may have no room.
    /// </summary>
    private async Task PartFromAllAsync(ImmutableArray<Candidate> candidates, CancellationToken clientLeft)
    {
        _parting.RemoveAll(static a => a.Released.IsCompleted);
        if (_parting.Count == 0 || candidates.Any(c => !_parting.Exists(a => a.Deployment.Backend == c.Backend))) return;
        var released = _parting.Where(a => candidates.Any(c => c.Backend == a.Deployment.Backend)).Select(a => a.Released).ToList();
        if (released.Count > 0) await Task.WhenAny(released).WaitAsync(clientLeft);
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
            // Or the engine could not find the queues: then as well nothing has begun, and whoever reads begins again.
            throw new NodeDrainingException();
        }
    }

    private InferenceStarted Started(UpstreamAttempt attempt, string group) => new()
    {
        DeploymentId = attempt.Deployment.Id,
        ModelGroup = group,
        ApiBase = attempt.Deployment.Address,
        Queued = Queued,
        Upstream = attempt.Upstream,
        Retries = _retries,
        Fallbacks = _fallbacks.Taken,
        DroppedParameters = attempt.DroppedParameters,
        QueuePosition = _position,
    };

    /// <param name="Group">The name by which it is asked: the client's, or a fallback's.</param>
    /// <param name="Asked">What it is asked.</param>
    /// <param name="Excluded">Deployments that are not to be tried.</param>
    /// <param name="Shown">What the client has seen of an answer that broke off.</param>
    private sealed record GroupTry(string Group, InferenceRequest Asked, ImmutableArray<string> Excluded, string Shown)
    {
        /// <summary>With the body that this group gets.</summary>
        public InferenceRequest Request { get; } = Shown.Length == 0 ? Asked : Asked.Edited(body => BodyEdits.Continue(body, Shown));
    }

    /// <param name="Tried">Deployments; empty when none gave a slot.</param>
    private sealed record OnceTried(UpstreamAttempt? Answer, AttemptFailure? Failure, ImmutableArray<string> Tried);
}

/// <summary>An open answer with its head, or the failure to tell.</summary>
internal sealed record Dispatched(UpstreamAttempt? Answer, InferenceStarted? Started, Failure? Failure)
{
    /// <summary>A backend was called for it, whatever came of that.</summary>
    public bool Asked { get; init; }

    /// <summary>What attempts have cost that broke off before this answer; null: nothing.</summary>
    public BrokenAnswer? Wasted { get; init; }
}
