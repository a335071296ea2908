using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansLlm.Backends;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Late binding: tries the candidates of a tier one after the other, and when none is free waits in all their queues at once, takes the
/// first grant and withdraws the rest. Of those that are free the warmest serves: the one that has the conversation, else one that has the
/// model. A backend grain that cannot be reached (its silo has died) is asked again when it lives elsewhere.
/// </summary>
/// <param name="modelOf">The backend's own name of the model that would run.</param>
/// <param name="waiting">Told the request's place from time to time while it waits.</param>
/// <param name="mayWait">False: only a slot that is free at once is worth having.</param>
internal sealed class SlotRace(
    Func<string, IBackendGrain> backends, SlotRequest request, Func<Candidate, string> modelOf, TimeProvider time, ILogger logger,
    Action<SlotQueued>? waiting = null, bool mayWait = true)
{
    /// <summary>Membership takes some seconds to find a silo dead, and then the grain wakes elsewhere.</summary>
    private static readonly TimeSpan RecontactFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RecontactEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>The backend itself ends the wait at the deadline. This much later it is taken for lost.</summary>
    private static readonly TimeSpan DeadlineGrace = TimeSpan.FromSeconds(1);

    private readonly long _started = time.GetTimestamp();
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly List<SlotRefused> _refusals = [];
    private readonly Dictionary<string, SlotQueued> _places = new(StringComparer.Ordinal);
    private string _leaseId = request.RequestId;

    /// <summary>The place at which the request came into a queue, the best of several; 0: it came into none.</summary>
    public int Position { get; private set; }

    /// <summary>What is left of the time the request may wait; null: the backends' own limits alone count.</summary>
    private TimeSpan? Left => request.WaitAtMost is not { } most ? null : most - time.GetElapsedTime(_started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>The winner, or the refusals of all candidates in the order in which they were asked.</summary>
    public async Task<SlotRaceResult> RunAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        SlotRaceResult? won = null;
        try
        {
            for (var round = 1; ; round++)
            {
                won = await RunRoundAsync(candidates, cancellationToken);
                if (won is not null) return won;
                if (_lost.Count == 0 || !mayWait || time.GetElapsedTime(_started) > RecontactFor || Left == TimeSpan.Zero)
                {
                    return new SlotRaceResult(null, null, _leaseId, [.. _refusals]);
                }

                await Task.Delay(RecontactEvery, time, cancellationToken);
                await WithdrawAsync(_lost);
                // What was withdrawn stays withdrawn: the next round asks under another lease id.
                _leaseId = $"{request.RequestId}+{round}";
                _lost.Clear();
                _refusals.Clear();
            }
        }
        finally
        {
            // What a call that failed has done is unknown: take it back. The winner's slot is not among them.
            if (_lost.Count > 0) await WithdrawAsync(_lost.Where(backend => backend != won?.Winner!.Backend));
        }
    }

    private async Task<SlotRaceResult?> RunRoundAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        foreach (var tier in candidates.GroupBy(c => c.Tier))
        {
            var busy = new List<Candidate>();
            if (await TryTierAsync([.. tier], busy, cancellationToken) is { } free) return free;
            if (mayWait && busy.Count > 0 && await WaitForFirstAsync(busy, cancellationToken) is { } won) return won;
        }

        return null;
    }

    /// <summary>First for the best that a backend can offer; then those that are free, but have less to offer, the warmest first.</summary>
    private async Task<SlotRaceResult?> TryTierAsync(List<Candidate> tier, List<Candidate> busy, CancellationToken cancellationToken)
    {
        var best = tier.TrueForAll(c => c.Backend == tier[0].Backend) ? Warmth.Cold : request.Follows is null ? Warmth.Loaded : Warmth.Conversation;
        var colder = new List<(Candidate Candidate, Warmth Warmth)>();
        foreach (var candidate in tier)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // One backend has one queue, however many deployments of the group it serves; but one of them may be refused where another is not.
            if (busy.Any(b => b.Backend == candidate.Backend) || colder.Any(c => c.Candidate.Backend == candidate.Backend)) continue;
            if (await TryAsync(candidate, best, busy, colder) is { } won) return won;
        }

        foreach (var (candidate, _) in colder.OrderByDescending(c => c.Warmth).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryAsync(candidate, Warmth.Cold, busy, colder) is { } won) return won;
        }

        return null;
    }

    private async Task<SlotRaceResult?> TryAsync(Candidate candidate, Warmth atLeast, List<Candidate> busy, List<(Candidate, Warmth)> colder)
    {
        SlotAnswer answer;
        try
        {
            answer = await backends(candidate.Backend).TryAcquireAsync(RequestFor(candidate, atLeast, request.Queues));
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            _lost.Add(candidate.Backend);
            return null;
        }

        switch (answer)
        {
            case SlotGranted granted:
                return new SlotRaceResult(candidate, granted, _leaseId, []);
            case SlotRefused { Reason: RefusalReason.Busy }:
                busy.Add(candidate);
                break;
            case SlotRefused { Reason: RefusalReason.Colder } refused:
                colder.Add((candidate, refused.Warmth));
                break;
            case SlotRefused refused:
                _refusals.Add(refused);
                break;
        }

        return null;
    }

    private async Task<SlotRaceResult?> WaitForFirstAsync(List<Candidate> busy, CancellationToken cancellationToken)
    {
        var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = busy.ConvertAll(c => WaitAsync(c, busy.Count, decided.Token));
        var overdue = Left is { } left ? OverdueAsync(left + DeadlineGrace, decided.Token) : null;
        if (overdue is not null) waits.Add(overdue);
        SlotRaceResult? won = null;
        try
        {
            while (waits.Exists(w => w != overdue))
            {
                var first = await Task.WhenAny(waits);
                waits.Remove(first);
                var (candidate, answer) = await first;
                if (answer is SlotGranted granted && await ClaimAsync(candidate!)) return won = new SlotRaceResult(candidate!, granted, _leaseId, []);
                if (answer is SlotRefused refused) _refusals.Add(refused);
                if (first != overdue) continue;
                cancellationToken.ThrowIfCancellationRequested();
                return null;
            }

            return null;
        }
        finally
        {
            // Whatever a loser has seen, its place or its slot is given back by request id.
            var leave = LeaveAsync(busy.Where(c => c != won?.Winner).Select(c => c.Backend), waits, decided);
            // The slot that was won waits for its work: the others are told meanwhile.
            if (won is null) await leave;
            else _ = LogFailureAsync(leave);
        }
    }

    /// <summary>A wait that is withdrawn ends by itself. Only one whose backend cannot be reached has to be cancelled, which is dearer.</summary>
    private async Task LeaveAsync(IEnumerable<string> losers, List<Task<(Candidate?, SlotAnswer?)>> waits, CancellationTokenSource decided)
    {
        using (decided)
        {
            try
            {
                await WithdrawAsync(losers);
            }
            finally
            {
                await decided.CancelAsync();
                // Their results no longer matter, but nothing may stay unobserved.
                await Task.WhenAll(waits).ContinueWith(
                    static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
            }
        }
    }

    private async Task LogFailureAsync(Task leave)
    {
        try
        {
            await leave;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            logger.WithdrawalFailed(_leaseId, e);
        }
    }

    /// <summary>
    /// A grant out of a queue counts when it is claimed. One that was not claimed in time may be another's by now: the queue is joined again.
    /// </summary>
    private async Task<bool> ClaimAsync(Candidate candidate)
    {
        try
        {
            if (await backends(candidate.Backend).RenewAsync(_leaseId)) return true;
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Dealt with as every lost backend is.
        }

        _lost.Add(candidate.Backend);
        return false;
    }

    private async Task<(Candidate?, SlotAnswer?)> WaitAsync(Candidate candidate, int queues, CancellationToken cancellationToken)
    {
        SlotAnswer? last = null;
        try
        {
            var wait = RequestFor(candidate, request.AtLeast, queues);
            var answers = backends(candidate.Backend).WaitAsync(wait, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var over = false;
            try
            {
                // Read to the end rather than leave on the grant: an abandoned enumeration is not prompt on every engine.
                while (!(over = !await answers.MoveNextAsync()))
                {
                    last = answers.Current;
                    if (last is SlotQueued place) Hear(candidate.Backend, place);
                }
            }
            finally
            {
                // One that has told its end has ended, and the word of it would be a message.
                if (!over) await answers.DisposeAsync();
            }
        }
        catch (Exception e) when (LostContact.Is(e) && last is not SlotGranted)
        {
            _lost.Add(candidate.Backend);
            last = null;
        }

        return (candidate, last);
    }

    /// <summary>Cancelled, it ends without a word: the one who waits for it looks for himself.</summary>
    private async Task<(Candidate?, SlotAnswer?)> OverdueAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        await Task.Delay(after, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return (null, new SlotRefused(RefusalReason.DeadlinePassed, null));
    }

    /// <summary>The first that a queue says is where the request came in; what follows is news, told when it is of the most promising queue.</summary>
    private void Hear(string backend, SlotQueued place)
    {
        var isNews = !_places.TryAdd(backend, place);
        _places[backend] = place;
        if (!isNews) Position = Position == 0 ? place.Position : Math.Min(Position, place.Position);
        else if (_places.MinBy(p => (p.Value.Estimate ?? TimeSpan.MaxValue, p.Value.Position)).Key == backend) waiting?.Invoke(place);
    }

    private SlotRequest RequestFor(Candidate candidate, Warmth atLeast, int queues) => request with
    {
        RequestId = _leaseId, DeploymentId = candidate.DeploymentId, Model = modelOf(candidate), WaitAtMost = Left, AtLeast = atLeast, Queues = queues,
    };

    private async Task WithdrawAsync(IEnumerable<string> losers)
    {
        var release = new SlotRelease { RequestId = _leaseId, Outcome = SlotOutcome.Withdrawn };
        await Task.WhenAll(losers.Select(backend => WithdrawAsync(backend, release)).ToList());
    }

    private async Task WithdrawAsync(string backend, SlotRelease release)
    {
        try
        {
            await backends(backend).ReleaseAsync(release);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // A grain that cannot be reached has no memory of us that its lease would not end.
        }
    }
}

/// <param name="Winner">The candidate whose slot is ours; null when every one refused.</param>
/// <param name="Grant">Its grant; null likewise.</param>
/// <param name="LeaseId">What the slot is held under.</param>
/// <param name="Refusals">Why not, when there is no winner.</param>
internal sealed record SlotRaceResult(Candidate? Winner, SlotGranted? Grant, string LeaseId, ImmutableArray<SlotRefused> Refusals);
