using OrleansLlm.Backends;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>The wait in the queues of all who are busy: the first grant counts, the other places are given back.</summary>
internal sealed partial class SlotRace
{
    /// <summary>The backend itself ends the wait at the deadline. This much later it is taken for lost.</summary>
    private static readonly TimeSpan DeadlineGrace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, SlotQueued> _places = new(StringComparer.Ordinal);
    private int _waits;

    /// <summary>A place before each backend of a tier: in its queue, or outside where it has just refused or could not be reached.</summary>
    private IEnumerable<QueuePlace> PlacesOf(IEnumerable<Candidate> tier, List<Candidate> busy, List<(Candidate Candidate, SlotRefused Refusal)> refused)
    {
        foreach (var deployments in tier.GroupBy(c => c.Backend, StringComparer.Ordinal))
        {
            // Those that it has refused already are not the first that it waits for.
            var place = new QueuePlace(refused.Count == 0 ? [.. deployments] : [.. deployments.OrderBy(d => refused.Exists(r => r.Candidate == d))]);
            if (!busy.Exists(c => c.Backend == place.Backend))
            {
                if (_lost.Remove(place.Backend)) place.Lost(RecontactEvery);
                else foreach (var (_, refusal) in refused.Where(r => r.Candidate.Backend == place.Backend)) place.Refuse(refusal, RecontactEvery);
            }

            yield return place;
        }
    }

    /// <summary>In how many queues it stands: who refuses or is away has none.</summary>
    private static int QueuesOf(List<QueuePlace> places) => Math.Max(1, places.Count(static p => p.Waits));

    private async Task<SlotRaceResult?> WaitForFirstAsync(List<QueuePlace> places, CancellationToken cancellationToken)
    {
        var wait = ++_waits;
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var end = EndAsync(Left is { } left ? left + DeadlineGrace : Timeout.InfiniteTimeSpan, decided.Token);
        var open = places.Select(p => StandAsync(p, QueuesOf(places), wait, decided.Token)).OfType<Task<(QueuePlace?, SlotAnswer?)>>().ToList();
        open.Add(end);
        SlotRaceResult? won = null;
        try
        {
            // As long as it waits anywhere. Who is only outside has nothing to wait for: a fallback, or the client, may know better.
            while (places.Exists(static p => p.Waits))
            {
                var first = await Task.WhenAny(open);
                open.Remove(first);
                var (place, answer) = await first;
                cancellationToken.ThrowIfCancellationRequested();
                if (place is null)
                {
                    _refusals.Add((SlotRefused)answer!);
                    return null;
                }

                if (answer is SlotGranted granted && await ClaimAsync(place.Backend)) return won = new SlotRaceResult(place.Candidate, granted, _leaseId, []);
                Note(place, answer);
                if (StandAsync(place, QueuesOf(places), wait, decided.Token) is { } again) open.Add(again);
            }

            return null;
        }
        finally
        {
            _waits++;
            // Nobody but the end of time listens to it.
            decided.Cancel();
            foreach (var lost in open.Where(w => w.IsFaulted)) _ = lost.Exception;
            if (won is null) Conclude(places);
            // Whatever a loser has seen, its place or its slot is given back by request id, and with that its wait ends.
            var leave = WithdrawAsync(places.Select(p => p.Backend).Where(b => b != won?.Winner!.Backend));
            // The slot that was won waits for its work: the others are told meanwhile.
            if (won is null) await leave;
            else _ = LogFailureAsync(leave);
            if (won is null) TakeAnotherLease();
        }
    }

    /// <summary>What comes next of a place; null: nothing, it was refused for good.</summary>
    private Task<(QueuePlace?, SlotAnswer?)>? StandAsync(QueuePlace place, int queues, int wait, CancellationToken decided) =>
        place.Waits ? WaitAsync(place, queues, wait) : place.Outside is { } time ? StayOutsideAsync(place, time, decided) : null;

    /// <param name="answer">Null: it could not be reached, or it has been outside for long enough.</param>
    private void Note(QueuePlace place, SlotAnswer? answer)
    {
        _places.Remove(place.Backend);
        if (answer is SlotRefused refused) place.Refuse(refused, RecontactEvery);
        else if (place.Waits) place.Lost(RecontactEvery);
        else place.Return();
    }

    /// <summary>It waits nowhere any more, and has no slot.</summary>
    private void Conclude(List<QueuePlace> places)
    {
        foreach (var place in places)
        {
            if (place.IsLost) Lost(place.Backend);
            _refusals.AddRange(place.Refusals);
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
    private async Task<bool> ClaimAsync(string backend)
    {
        try
        {
            return await backends(backend).RenewAsync(_leaseId);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Dealt with as every lost backend is.
            return false;
        }
    }

    /// <param name="wait">Which of the waits of this request it belongs to: when that is over, what comes of this does not matter.</param>
    private async Task<(QueuePlace?, SlotAnswer?)> WaitAsync(QueuePlace place, int queues, int wait)
    {
        var asked = RequestFor(place.Candidate, request.AtLeast, queues);
        try
        {
            while (true)
            {
                var answer = await backends(place.Backend).WaitAsync(asked);
                if (wait != _waits) return (place, null);
                _silentSince.Remove(place.Backend);
                if (answer.CameInAt > 0) Position = Position == 0 ? answer.CameInAt : Math.Min(Position, answer.CameInAt);
                if (answer is not SlotQueued queued) return (place, answer);
                if (queued.Position > 0) Hear(place.Backend, queued);
                // It may be another activation that is asked next.
                if (asked.WaitAtMost is not null) asked = asked with { WaitAtMost = Left };
            }
        }
        catch (Exception e) when (wait != _waits || LostContact.Is(e))
        {
            if (wait == _waits) _silentSince.TryAdd(place.Backend, time.GetTimestamp());
            return (place, null);
        }
    }

    private async Task<(QueuePlace?, SlotAnswer?)> StayOutsideAsync(QueuePlace place, TimeSpan until, CancellationToken decided)
    {
        await Task.Delay(until, time, decided).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return (place, null);
    }

    /// <summary>Cancelled, it ends without a word: the one who waits for it looks for himself.</summary>
    private async Task<(QueuePlace?, SlotAnswer?)> EndAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        await Task.Delay(after, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return (null, new SlotRefused(RefusalReason.DeadlinePassed, null));
    }

    /// <summary>News of the most promising queue is told.</summary>
    private void Hear(string backend, SlotQueued place)
    {
        _places[backend] = place;
        if (_places.MinBy(p => (p.Value.Estimate ?? TimeSpan.MaxValue, p.Value.Position)).Key == backend) waiting?.Invoke(place);
    }
}
