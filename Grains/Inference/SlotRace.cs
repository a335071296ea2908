using System.Collections.Immutable;
using System.Globalization;
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
/// <param name="queues">Those in which a request need not look for a free slot before it waits.</param>
/// <param name="waiting">Told the request's place from time to time while it waits.</param>
/// <param name="mayWait">False: only a slot that is free at once is worth having.</param>
internal sealed partial class SlotRace(
    Func<string, IBackendGrain> backends, SlotRequest request, Func<Candidate, string> modelOf, TimeProvider time, ILogger logger,
    KnownQueues queues, Action<SlotQueued>? waiting = null, bool mayWait = true)
{
    /// <summary>Membership takes some seconds to find a silo dead, and then the grain wakes elsewhere.</summary>
    private static readonly TimeSpan RecontactFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RecontactEvery = TimeSpan.FromMilliseconds(500);

    private readonly long _started = time.GetTimestamp();
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

    /// <summary>Backends and leases of calls that have failed: what they have done is not known.</summary>
    private readonly HashSet<(string Backend, string Lease)> _unknown = [];
    private readonly Dictionary<string, long> _silentSince = new(StringComparer.Ordinal);
    private readonly List<SlotRefused> _refusals = [];
    private string _leaseId = request.RequestId;
    private int _leases;

    /// <summary>The place at which the request came into the queue that has served or refused it, the best of several; 0: it was in none.</summary>
    public int Position { get; private set; }

    /// <summary>What is left of the time the request may wait; null: the backends' own limits alone count.</summary>
    private TimeSpan? Left => request.WaitAtMost is not { } most ? null : most - time.GetElapsedTime(_started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>The winner, or the refusals of all candidates in the order in which they were asked.</summary>
    public async Task<SlotRaceResult> RunAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        SlotRaceResult? won = null;
        try
        {
            while (true)
            {
                won = await RunRoundAsync(candidates, cancellationToken);
                if (won is not null) return won;
                if (_lost.Count == 0 || !mayWait || _lost.All(IsSilentForLong) || Left == TimeSpan.Zero)
                {
                    return new SlotRaceResult(null, null, _leaseId, [.. _refusals]);
                }

                await Task.Delay(RecontactEvery, time, cancellationToken);
                await TakeBackAsync(_unknown);
                _unknown.Clear();
                TakeAnotherLease();
                _lost.Clear();
                _refusals.Clear();
            }
        }
        finally
        {
            // What a call that failed has done is unknown: take it back. The winner's slot is not among them.
            if (_unknown.Count > 0)
            {
                var taken = TakeBackAsync(_unknown.Where(l => l.Backend != won?.Winner!.Backend || l.Lease != won.LeaseId));
                // The slot that was won waits for its work.
                if (won is null) await taken;
                else _ = LogFailureAsync(taken);
            }
        }
    }

    /// <summary>It has not answered for longer than it takes to wake elsewhere.</summary>
    private bool IsSilentForLong(string backend) => _silentSince.TryGetValue(backend, out var since) && time.GetElapsedTime(since) > RecontactFor;

    private void Lost(string backend)
    {
        _lost.Add(backend);
        _unknown.Add((backend, _leaseId));
        _silentSince.TryAdd(backend, time.GetTimestamp());
    }

    /// <summary>What was withdrawn stays withdrawn: whoever goes on asks under another lease id.</summary>
    private void TakeAnotherLease() => _leaseId = string.Create(CultureInfo.InvariantCulture, $"{request.RequestId}+{++_leases}");

    private async Task<SlotRaceResult?> RunRoundAsync(IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        foreach (var tier in candidates.GroupBy(c => c.Tier))
        {
            var busy = new List<Candidate>();
            var refused = new List<(Candidate Candidate, SlotRefused Refusal)>();
            if (await TryTierAsync([.. tier], busy, refused, cancellationToken) is { } free) return free;
            if (!mayWait || busy.Count == 0) _refusals.AddRange(refused.Select(r => r.Refusal));
            else if (await WaitForFirstAsync([.. PlacesOf(tier, busy, refused)], cancellationToken) is { } won) return won;
        }

        return null;
    }

    /// <summary>First for the best that a backend can offer; then those that are free, but have less to offer, the warmest first.</summary>
    private async Task<SlotRaceResult?> TryTierAsync(
        List<Candidate> tier, List<Candidate> busy, List<(Candidate, SlotRefused)> refused, CancellationToken cancellationToken)
    {
        var best = tier.TrueForAll(c => c.Backend == tier[0].Backend) ? Warmth.Cold : request.Follows is null ? Warmth.Loaded : Warmth.Conversation;
        var colder = new List<(Candidate Candidate, Warmth Warmth)>();
        foreach (var candidate in tier)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // One backend has one queue, however many deployments of the group it serves; but one of them may be refused where another is not.
            if (HasAnother(busy, static b => b, candidate) || HasAnother(colder, static c => c.Candidate, candidate)) continue;
            if (queues.Has(candidate.Backend) && !HasAnother(tier, static c => c, candidate)) busy.Add(candidate);
            else if (await TryAsync(candidate, best, busy, colder, refused) is { } won) return won;
        }

        foreach (var (candidate, _) in colder.OrderByDescending(c => c.Warmth).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryAsync(candidate, Warmth.Cold, busy, colder, refused) is { } won) return won;
        }

        return null;
    }

    /// <summary>Whether there is another deployment of its backend among them. Asked for each candidate of each request: it makes no closure.</summary>
    private static bool HasAnother<T>(List<T> some, Func<T, Candidate> candidateOf, Candidate candidate)
    {
        foreach (var one in some)
        {
            var other = candidateOf(one);
            if (other.Backend == candidate.Backend && !ReferenceEquals(other, candidate)) return true;
        }

        return false;
    }

    private async Task<SlotRaceResult?> TryAsync(
        Candidate candidate, Warmth atLeast, List<Candidate> busy, List<(Candidate, Warmth)> colder, List<(Candidate, SlotRefused)> refusals)
    {
        SlotAnswer answer;
        try
        {
            answer = await backends(candidate.Backend).TryAcquireAsync(RequestFor(candidate, atLeast, request.Queues));
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            Lost(candidate.Backend);
            return null;
        }

        _silentSince.Remove(candidate.Backend);
        _lost.Remove(candidate.Backend);
        switch (answer)
        {
            case SlotGranted granted:
                return new SlotRaceResult(candidate, granted, _leaseId, []);
            case SlotRefused { Reason: RefusalReason.Busy } refused:
                if (refused.OthersWait) queues.Saw(candidate.Backend);
                busy.Add(candidate);
                break;
            case SlotRefused { Reason: RefusalReason.Colder } refused:
                colder.Add((candidate, refused.Warmth));
                break;
            case SlotRefused refused:
                refusals.Add((candidate, refused));
                break;
        }

        return null;
    }

    private SlotRequest RequestFor(Candidate candidate, Warmth atLeast, int queues) => request with
    {
        RequestId = _leaseId, DeploymentId = candidate.DeploymentId, Model = modelOf(candidate), WaitAtMost = Left, AtLeast = atLeast, Queues = queues, WantsPlaces = waiting is not null,
    };

    private Task WithdrawAsync(IEnumerable<string> losers) => TakeBackAsync(losers.Select(backend => (backend, _leaseId)));

    private Task TakeBackAsync(IEnumerable<(string Backend, string Lease)> leases) => Task.WhenAll(leases.Select(l => TakeBackAsync(l.Backend, l.Lease)).ToList());

    private async Task TakeBackAsync(string backend, string leaseId)
    {
        try
        {
            await backends(backend).ReleaseAsync(new SlotRelease { RequestId = leaseId, Outcome = SlotOutcome.Withdrawn });
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
