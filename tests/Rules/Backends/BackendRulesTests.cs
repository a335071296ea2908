using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

public class BackendRulesTests
{
    private static readonly BackendOptions Options = BackendModel.Options() with
    {
        AllowedFails = 3,
        Cooldown = TimeSpan.FromSeconds(5),
        Lease = TimeSpan.FromSeconds(15),
        MaxQueue = 2,
        QueueTimeout = TimeSpan.FromSeconds(60),
    };

    private readonly BackendRules _rules = new(Options);
    private TimeSpan _now;
    private int _failing;

    [Fact]
    public void TryAcquire_WhenTheSlotIsTaken_IsBusy()
    {
        Acquire("a");
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("b"), _now)).Reason);
    }

    [Fact]
    public void TryAcquire_Repeated_IsTheSameLease()
    {
        Acquire("a");
        Acquire("a");
        Assert.Equal(1, _rules.Running);
    }

    [Fact]
    public void TryAcquire_WhileOthersWaitForAFreeSlot_NeverOvertakesThem()
    {
        Acquire("a");
        Assert.IsType<SlotQueued>(_rules.Enqueue(Ask("b"), _now));
        Release("a");
        // The slot is b's already: c finds it taken.
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("c"), _now)).Reason);
        Assert.Equal("b", Assert.Single(_rules.TakeEffects()).RequestId);
    }

    [Fact]
    public void Enqueue_WhenTheQueueIsFull_IsRefusedWithTheTimeOfOneService()
    {
        Acquire("a");
        _now += TimeSpan.FromSeconds(4);
        Release("a");
        Acquire("b");
        _rules.Enqueue(Ask("c"), _now);
        _rules.Enqueue(Ask("d"), _now);
        var refused = Refused(_rules.Enqueue(Ask("e"), _now));
        Assert.Equal(RefusalReason.QueueFull, refused.Reason);
        Assert.Equal(TimeSpan.FromSeconds(4), refused.RetryAfter);
    }

    [Fact]
    public void Enqueue_WhenTheDeadlinePasses_IsRefusedInThatMoment()
    {
        Acquire("a");
        _rules.Enqueue(Ask("b") with { WaitAtMost = TimeSpan.FromSeconds(3) }, _now);
        Assert.Equal(TimeSpan.FromSeconds(3), _rules.NextDue());
        Advance(TimeSpan.FromSeconds(2.999));
        Assert.Empty(_rules.TakeEffects());
        Advance(TimeSpan.FromSeconds(0.001));
        var effect = Assert.Single(_rules.TakeEffects());
        Assert.Equal(RefusalReason.DeadlinePassed, Refused(effect.Answer).Reason);
    }

    [Fact]
    public void Lease_WithoutRenewal_IsTakenBackAndGrantedToTheNext()
    {
        Acquire("dead");
        _rules.Enqueue(Ask("next"), _now);
        Advance(Options.Lease);
        Assert.Equal("next", Assert.Single(_rules.TakeEffects()).RequestId);
        Assert.False(_rules.Renew("dead", _now));
        Assert.Equal(1, _rules.LeasesExpired);
    }

    [Fact]
    public void Lease_Renewed_Stays()
    {
        Acquire("a");
        Advance(TimeSpan.FromSeconds(10));
        Assert.True(_rules.Renew("a", _now));
        Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _rules.Running);
    }

    [Fact]
    public void Release_ThatOvertakesItsRequest_TurnsTheRequestAway()
    {
        Release("late", SlotOutcome.Withdrawn);
        Assert.Equal(RefusalReason.Withdrawn, Refused(_rules.Enqueue(Ask("late"), _now)).Reason);
        Assert.Equal(0, _rules.Running);
    }

    [Fact]
    public void Circuit_AfterThreeFailuresInARow_OpensAndTellsThoseWhoWait()
    {
        Fail();
        Fail();
        Acquire("c");
        _rules.Enqueue(Ask("waiting"), _now);
        Release("c", SlotOutcome.Failed);
        var told = Refused(Assert.Single(_rules.TakeEffects()).Answer);
        Assert.Equal((RefusalReason.CircuitOpen, Options.Cooldown), (told.Reason, told.RetryAfter));
        Assert.Equal(RefusalReason.CircuitOpen, Refused(_rules.TryAcquire(Ask("d"), _now)).Reason);
    }

    [Theory]
    [InlineData(SlotOutcome.Failed, CircuitState.Closed)]
    [InlineData(SlotOutcome.Unreachable, CircuitState.Open)]
    public void Circuit_CountsAFailureOfTheSameRequestOnce_UnlessThereWasNoConnection(SlotOutcome outcome, CircuitState expected)
    {
        foreach (var lease in (string[])["r", "r#2", "r#3", "r#3+1", "r~2"])
        {
            if (_rules.Circuit == CircuitState.Open) break;
            Acquire(lease);
            Release(lease, outcome);
        }

        Assert.Equal(expected, _rules.Circuit);
        if (expected == CircuitState.Open) return;
        Fail();
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
        Fail();
        Assert.Equal(CircuitState.Open, _rules.Circuit);
    }

    [Fact]
    public void Circuit_AfterASuccessInBetween_CountsFromZero()
    {
        Fail();
        Fail();
        Acquire("ok");
        Release("ok");
        Fail();
        Fail();
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
    }

    [Theory]
    [InlineData(SlotOutcome.ClientGone)]
    [InlineData(SlotOutcome.Withdrawn)]
    public void Circuit_WhenTheClientLeft_LearnsNothing(SlotOutcome nothing)
    {
        Fail();
        Fail();
        Acquire("gone");
        Release("gone", nothing);
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
        Fail();
        Assert.Equal(CircuitState.Open, _rules.Circuit);
    }

    [Fact]
    public void Circuit_AfterTheCooldown_LetsExactlyOneProbeThrough()
    {
        OpenCircuit(slots: 3);
        Advance(Options.Cooldown);
        Assert.True(Assert.IsType<SlotGranted>(_rules.TryAcquire(Ask("probe"), _now)).IsProbe);
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("other"), _now)).Reason);
        Release("probe");
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
        Acquire("x");
        Acquire("y");
    }

    [Fact]
    public void Circuit_WhenTheProbeFails_OpensForAnotherCooldown()
    {
        OpenCircuit();
        Advance(Options.Cooldown);
        Acquire("probe");
        Release("probe", SlotOutcome.Failed);
        Assert.Equal(Options.Cooldown, Refused(_rules.TryAcquire(Ask("x"), _now)).RetryAfter);
    }

    [Fact]
    public void Circuit_WhenTheProbesClientLeaves_LetsAnotherProbeThrough()
    {
        OpenCircuit();
        Advance(Options.Cooldown);
        Acquire("probe");
        Release("probe", SlotOutcome.ClientGone);
        Assert.True(Assert.IsType<SlotGranted>(_rules.TryAcquire(Ask("next"), _now)).IsProbe);
    }

    [Fact]
    public void Circuit_WhenTheBackendIsBack_DoesNotWaitForTheRestOfTheCooldown()
    {
        OpenCircuit();
        _rules.Probed(up: true, wasDown: true, null, _now);
        Assert.True(Assert.IsType<SlotGranted>(_rules.TryAcquire(Ask("probe"), _now)).IsProbe);
    }

    [Fact]
    public void Reconfigure_ToFewerSlots_TakesNothingAwayAndGrantsNothingNew()
    {
        _rules.Reconfigure(Options with { Slots = 2 }, _now);
        Acquire("a");
        Acquire("b");
        _rules.Reconfigure(Options, _now);
        Assert.Equal(2, _rules.Running);
        Release("a");
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("c"), _now)).Reason);
        Release("b");
        Acquire("c");
    }

    [Fact]
    public void Reconfigure_ToMoreSlots_ServesThoseWhoWait()
    {
        Acquire("a");
        _rules.Enqueue(Ask("b"), _now);
        _rules.Reconfigure(Options with { Slots = 2 }, _now);
        Assert.IsType<SlotGranted>(Assert.Single(_rules.TakeEffects()).Answer);
    }

    [Fact]
    public void Draining_FinishesWhatRunsAndSendsTheRestElsewhere()
    {
        Acquire("a");
        _rules.Enqueue(Ask("b"), _now);
        _rules.SetDraining(true, _now);
        Assert.Equal(RefusalReason.Draining, Refused(Assert.Single(_rules.TakeEffects()).Answer).Reason);
        Assert.Equal(RefusalReason.Draining, Refused(_rules.TryAcquire(Ask("c"), _now)).Reason);
        Assert.Equal(1, _rules.Running);
        Release("a");
        _rules.SetDraining(false, _now);
        Acquire("c");
    }

    [Fact]
    public void Recover_GrantsNothingUntilEveryHolderHadTheTimeToRenew()
    {
        _rules.Recover(_now);
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("new"), _now)).Reason);
        Assert.IsType<SlotQueued>(_rules.Enqueue(Ask("new"), _now));
        Assert.Equal(Options.Lease, _rules.NextDue());
        Advance(Options.Lease - TimeSpan.FromSeconds(0.001));
        Assert.Empty(_rules.TakeEffects());
        Advance(TimeSpan.FromSeconds(0.001));
        Assert.IsType<SlotGranted>(Assert.Single(_rules.TakeEffects()).Answer);
    }

    [Fact]
    public void Recover_TakesAHolderThatRenewsIntoTheBooks_SoThatItsSlotIsNotGrantedTwice()
    {
        _rules.Recover(_now);
        Assert.True(_rules.Renew("old", _now));
        Advance(TimeSpan.FromSeconds(10));
        Assert.True(_rules.Renew("old", _now));
        Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("new"), _now)).Reason);
        Release("old");
        Acquire("new");
    }

    [Fact]
    public void Recover_WhenAllSlotsAreAccountedFor_IsOver()
    {
        _rules.Recover(_now);
        Assert.True(_rules.Renew("old", _now));
        Release("old");
        Acquire("new");
        Assert.False(_rules.Renew("stranger", _now));
    }

    [Fact]
    public void Recover_DoesNotAdoptAHolderThatHasReleasedAlready()
    {
        _rules.Recover(_now);
        Release("old");
        Assert.False(_rules.Renew("old", _now));
        Assert.Equal(0, _rules.Running);
    }

    [Fact]
    public void Restore_KeepsTheLeasesOfAnOrderlyHandover()
    {
        _rules.Restore(["a"], _now);
        Assert.Equal(RefusalReason.Busy, Refused(_rules.TryAcquire(Ask("b"), _now)).Reason);
        Assert.True(_rules.Renew("a", _now));
        Assert.Equal(["a"], _rules.Leases);
    }

    [Fact]
    public void Positions_CountFromOneWithAnEstimateFromTheBackendsOwnAverage()
    {
        Acquire("a");
        _now += TimeSpan.FromSeconds(10);
        Release("a");
        Acquire("b");
        _rules.Enqueue(Ask("c"), _now);
        _rules.Enqueue(Ask("d"), _now);
        Assert.Equal(
            [("c", new SlotQueued(1, TimeSpan.FromSeconds(10))), ("d", new SlotQueued(2, TimeSpan.FromSeconds(20)))],
            _rules.Places(_now));
    }

    private static SlotRequest Ask(string id) => new() { RequestId = id, User = "u", Model = "m" };

    private static SlotRefused Refused(SlotAnswer answer) => Assert.IsType<SlotRefused>(answer);

    private void Acquire(string id) => Assert.IsType<SlotGranted>(_rules.TryAcquire(Ask(id), _now));

    private void Release(string id, SlotOutcome outcome = SlotOutcome.Succeeded) =>
        _rules.Release(new SlotRelease { RequestId = id, Outcome = outcome }, _now);

    private void Fail()
    {
        var id = $"failing{_failing++}";
        Acquire(id);
        Release(id, SlotOutcome.Failed);
    }

    private void OpenCircuit(int slots = 1)
    {
        _rules.Reconfigure(Options with { Slots = slots }, _now);
        for (var i = 0; i < Options.AllowedFails; i++) Fail();
        Assert.Equal(CircuitState.Open, _rules.Circuit);
    }

    private void Advance(TimeSpan by)
    {
        _now += by;
        _rules.Tick(_now);
    }
}
