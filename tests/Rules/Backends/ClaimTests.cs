using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>A grant out of the queue counts when it is claimed; those who died while they waited do not hold up the living.</summary>
public class ClaimTests
{
    private readonly BackendRules _rules = new(BackendModel.Options());
    private TimeSpan _now;

    [Fact]
    public void AGrantNobodyClaims_GoesToTheNextInLine()
    {
        Wait("running", "dead", "alive");
        Release("running");
        Assert.Equal(["dead"], Granted());
        Pass(BackendRules.ClaimWithin - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Granted());
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["alive"], Granted());
        Assert.False(_rules.Renew("dead", _now), "who claims too late must not start");
    }

    [Fact]
    public void AClaimedGrant_LastsAsLongAsEveryLease()
    {
        Wait("running", "next", "last");
        Release("running");
        Assert.Equal(["next"], Granted());
        Assert.True(_rules.Renew("next", _now));
        Pass(BackendModel.Options().Lease - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Granted());
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["last"], Granted());
    }

    [Fact]
    public void AGrantThatWasNotWaitedFor_NeedsNoClaim()
    {
        Wait("direct", "next");
        Pass(BackendRules.ClaimWithin + TimeSpan.FromSeconds(1));
        Assert.Empty(Granted());
    }

    [Fact]
    public void ALaterAttemptAtARequest_TakesTheEarlierOnesOutOfTheQueue()
    {
        var request = InferenceIds.RequestPrefix + new string('a', 32);
        Wait("running", request, InferenceIds.Attempt(request, 2), "other", InferenceIds.Attempt(request, 3));
        Assert.Equal(["other", InferenceIds.Attempt(request, 3)], _rules.Places(_now).Select(p => p.RequestId));
        Assert.IsType<SlotRefused>(_rules.Enqueue(QueueDriver.Ask(request), _now));
    }

    private void Wait(params string[] ids)
    {
        foreach (var id in ids) _rules.Enqueue(QueueDriver.Ask(id), _now);
    }

    private void Release(string id) => _rules.Release(new SlotRelease { RequestId = id, Outcome = SlotOutcome.Succeeded }, _now);

    private void Pass(TimeSpan by)
    {
        _now += by;
        _rules.Tick(_now);
    }

    private IEnumerable<string> Granted() => _rules.TakeEffects().Where(e => e.Answer is SlotGranted).Select(e => e.RequestId).ToList();
}
