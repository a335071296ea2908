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

    private async Task<SlotRaceResult?> WaitForFirstAsync(List<Candidate> busy, CancellationToken cancellationToken)
    {
        var wait = ++_waits;
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var end = EndAsync(Left is { } left ? left + DeadlineGrace : Timeout.InfiniteTimeSpan, decided.Token);
        var open = busy.ConvertAll(c => WaitAsync(c, busy.Count, wait));
        open.Add(end);
        SlotRaceResult? won = null;
        try
        {
            while (open.Count > 1)
            {
                var first = await Task.WhenAny(open);
                open.Remove(first);
                var (candidate, answer) = await first;
                if (answer is SlotGranted granted && await ClaimAsync(candidate!)) return won = new SlotRaceResult(candidate!, granted, _leaseId, []);
                if (answer is SlotRefused refused) _refusals.Add(refused);
                if (first != end) continue;
                cancellationToken.ThrowIfCancellationRequested();
                return null;
            }

            return null;
        }
        finally
        {
            _waits++;
            // Nobody but the end of time listens to it.
            decided.Cancel();
            foreach (var lost in open.Where(w => w.IsFaulted)) _ = lost.Exception;
            // Whatever a loser has seen, its place or its slot is given back by request id, and with that its wait ends.
            var leave = WithdrawAsync(busy.Where(c => c != won?.Winner).Select(c => c.Backend));
            // The slot that was won waits for its work: the others are told meanwhile.
            if (won is null) await leave;
            else _ = LogFailureAsync(leave);
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

    /// <param name="wait">Which of the waits of this request it belongs to: when that is over, what comes of this does not matter.</param>
    private async Task<(Candidate?, SlotAnswer?)> WaitAsync(Candidate candidate, int queues, int wait)
    {
        var asked = RequestFor(candidate, request.AtLeast, queues);
        try
        {
            while (true)
            {
                var answer = await backends(candidate.Backend).WaitAsync(asked);
                if (wait != _waits) return (candidate, null);
                if (answer.CameInAt > 0) Position = Position == 0 ? answer.CameInAt : Math.Min(Position, answer.CameInAt);
                if (answer is not SlotQueued place) return (candidate, answer);
                if (place.Position > 0) Hear(candidate.Backend, place);
                // It may be another activation that is asked next.
                if (asked.WaitAtMost is not null) asked = asked with { WaitAtMost = Left };
            }
        }
        catch (Exception e) when (wait != _waits || LostContact.Is(e))
        {
            if (wait == _waits) _lost.Add(candidate.Backend);
            return (candidate, null);
        }
    }

    /// <summary>Cancelled, it ends without a word: the one who waits for it looks for himself.</summary>
    private async Task<(Candidate?, SlotAnswer?)> EndAsync(TimeSpan after, CancellationToken cancellationToken)
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
