using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Late binding: tries the candidates of a tier one after the other, and when none is free waits in all their queues at once, takes the
/// first grant and withdraws the rest.
/// </summary>
internal sealed class SlotRace(Func<string, IBackendGrain> backends, SlotRequest request)
{
    /// <summary>The winner, or the refusals of all candidates in the order in which they were asked.</summary>
    public async Task<SlotRaceResult> RunAsync(IEnumerable<Candidate> candidates, CancellationToken cancellationToken)
    {
        var refusals = ImmutableArray.CreateBuilder<SlotRefused>();
        foreach (var tier in candidates.GroupBy(c => c.Tier))
        {
            var busy = new List<Candidate>();
            // One backend has one queue, however many deployments of the group it serves.
            foreach (var candidate in tier.DistinctBy(c => c.Backend))
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (await backends(candidate.Backend).TryAcquireAsync(request))
                {
                    case SlotGranted granted:
                        return new SlotRaceResult(candidate, granted, []);
                    case SlotRefused { Reason: RefusalReason.Busy }:
                        busy.Add(candidate);
                        break;
                    case SlotRefused refused:
                        refusals.Add(refused);
                        break;
                }
            }

            if (busy.Count > 0 && await WaitForFirstAsync(busy, refusals, cancellationToken) is { } won) return won;
        }

        return new SlotRaceResult(null, null, refusals.ToImmutable());
    }

    private async Task<SlotRaceResult?> WaitForFirstAsync(
        List<Candidate> busy, ImmutableArray<SlotRefused>.Builder refusals, CancellationToken cancellationToken)
    {
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = busy.ConvertAll(c => WaitAsync(c, decided.Token));
        Candidate? winner = null;
        try
        {
            while (waits.Count > 0)
            {
                var first = await Task.WhenAny(waits);
                waits.Remove(first);
                var (candidate, answer) = await first;
                if (answer is SlotGranted granted)
                {
                    winner = candidate;
                    return new SlotRaceResult(candidate, granted, []);
                }

                if (answer is SlotRefused refused) refusals.Add(refused);
            }

            return null;
        }
        finally
        {
            await decided.CancelAsync();
            await WithdrawAsync(busy.Where(c => c != winner), waits);
        }
    }

    private async Task<(Candidate, SlotAnswer?)> WaitAsync(Candidate candidate, CancellationToken cancellationToken)
    {
        SlotAnswer? last = null;
        // Read to the end rather than leave on the grant: an abandoned enumeration is not prompt on every engine.
        await foreach (var answer in backends(candidate.Backend).WaitAsync(request, cancellationToken).WithCancellation(cancellationToken))
        {
            last = answer;
        }

        return (candidate, last);
    }

    /// <summary>Whatever a loser has seen, its place or its slot is given back by request id.</summary>
    private async Task WithdrawAsync(IEnumerable<Candidate> losers, List<Task<(Candidate, SlotAnswer?)>> waits)
    {
        var release = new SlotRelease { RequestId = request.RequestId, Outcome = SlotOutcome.Withdrawn };
        var calls = losers.Select(c => backends(c.Backend).ReleaseAsync(release)).ToList();
        await Task.WhenAll(calls);
        // The cancelled waits end by themselves; their result no longer matters, but nothing may stay unobserved.
        await Task.WhenAll(waits).ContinueWith(
            static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
    }
}

/// <param name="Winner">The candidate whose slot is ours; null when every one refused.</param>
/// <param name="Grant">Its grant; null likewise.</param>
/// <param name="Refusals">Why not, when there is no winner.</param>
internal sealed record SlotRaceResult(Candidate? Winner, SlotGranted? Grant, ImmutableArray<SlotRefused> Refusals);
