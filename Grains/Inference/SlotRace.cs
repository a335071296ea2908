using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Late binding: tries the candidates of a tier one after the other, and when none is free waits in all their queues at once, takes the
/// first grant and withdraws the rest. A backend grain that cannot be reached (its silo has died) is asked again when it lives elsewhere.
/// </summary>
/// <param name="mayWait">False: only a slot that is free at once is worth having.</param>
internal sealed class SlotRace(Func<string, IBackendGrain> backends, SlotRequest request, TimeProvider time, bool mayWait = true)
{
    /// <summary>Membership takes some seconds to find a silo dead, and then the grain wakes elsewhere.</summary>
    private static readonly TimeSpan RecontactFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RecontactEvery = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private SlotRequest _request = null!;
    private readonly List<SlotRefused> _refusals = [];

    /// <summary>The winner, or the refusals of all candidates in the order in which they were asked.</summary>
    public async Task<SlotRaceResult> RunAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        _request = request;
        SlotRaceResult? won = null;
        try
        {
            for (var round = 1; ; round++)
            {
                won = await RunRoundAsync(candidates, cancellationToken);
                if (won is not null) return won;
                if (_lost.Count == 0 || !mayWait || time.GetElapsedTime(started) > RecontactFor) return new SlotRaceResult(null, null, _request.RequestId, [.. _refusals]);
                await Task.Delay(RecontactEvery, time, cancellationToken);
                await WithdrawAsync(_lost);
                // What was withdrawn stays withdrawn: the next round asks under another lease id.
                _request = request with { RequestId = $"{request.RequestId}+{round}" };
                _lost.Clear();
                _refusals.Clear();
            }
        }
        finally
        {
            // What a call that failed has done is unknown: take it back. The winner's slot is not among them.
            await WithdrawAsync(_lost.Where(backend => backend != won?.Winner!.Backend));
        }
    }

    private async Task<SlotRaceResult?> RunRoundAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        foreach (var tier in candidates.GroupBy(c => c.Tier))
        {
            var busy = new List<Candidate>();
            foreach (var candidate in tier)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // One backend has one queue, however many deployments of the group it serves.
                if (busy.Any(b => b.Backend == candidate.Backend)) continue;
                switch (await TryAsync(candidate))
                {
                    case SlotGranted granted:
                        return new SlotRaceResult(candidate, granted, _request.RequestId, []);
                    case SlotRefused { Reason: RefusalReason.Busy }:
                        busy.Add(candidate);
                        break;
                    case SlotRefused refused:
                        _refusals.Add(refused);
                        break;
                }
            }

            if (mayWait && busy.Count > 0 && await WaitForFirstAsync(busy, cancellationToken) is { } won) return won;
        }

        return null;
    }

    private async Task<SlotAnswer?> TryAsync(Candidate candidate)
    {
        try
        {
            return await backends(candidate.Backend).TryAcquireAsync(_request with { DeploymentId = candidate.DeploymentId });
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            _lost.Add(candidate.Backend);
            return null;
        }
    }

    private async Task<SlotRaceResult?> WaitForFirstAsync(List<Candidate> busy, CancellationToken cancellationToken)
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
                    return new SlotRaceResult(candidate, granted, _request.RequestId, []);
                }

                if (answer is SlotRefused refused) _refusals.Add(refused);
            }

            return null;
        }
        finally
        {
            await decided.CancelAsync();
            // Whatever a loser has seen, its place or its slot is given back by request id.
            await WithdrawAsync(busy.Where(c => c != winner).Select(c => c.Backend));
            // The cancelled waits end by themselves; their result no longer matters, but nothing may stay unobserved.
            await Task.WhenAll(waits).ContinueWith(
                static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
        }
    }

    private async Task<(Candidate, SlotAnswer?)> WaitAsync(Candidate candidate, CancellationToken cancellationToken)
    {
        SlotAnswer? last = null;
        try
        {
            // Read to the end rather than leave on the grant: an abandoned enumeration is not prompt on every engine.
            await foreach (var answer in backends(candidate.Backend).WaitAsync(_request with { DeploymentId = candidate.DeploymentId }, cancellationToken).WithCancellation(cancellationToken))
            {
                last = answer;
            }
        }
        catch (Exception e) when (LostContact.Is(e) && last is not SlotGranted)
        {
            _lost.Add(candidate.Backend);
            last = null;
        }

        return (candidate, last);
    }

    private async Task WithdrawAsync(IEnumerable<string> losers)
    {
        var release = new SlotRelease { RequestId = _request.RequestId, Outcome = SlotOutcome.Withdrawn };
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
