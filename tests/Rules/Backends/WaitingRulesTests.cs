using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>What those who wait may count on, whatever happens to those before them.</summary>
public class WaitingRulesTests
{
    private static readonly BackendOptions Options = BackendModel.Options(slots: 2) with
    {
        AllowedFails = 1, Cooldown = TimeSpan.FromSeconds(5), Lease = TimeSpan.FromSeconds(15),
    };

    private readonly BackendRules _rules = new(Options);
    private TimeSpan _now;

    /// <summary>An answer may take minutes: the other slots do not stand idle for so long.</summary>
    [Fact]
    public void TheFirstTokenOfAHalfOpenCircuit_ClosesIt()
    {
        Break();
        Assert.True(Assert.IsType<SlotGranted>(_rules.TryAcquire(Ask("probe"), _now)).IsProbe);
        Assert.IsType<SlotQueued>(_rules.Enqueue(Ask("next"), _now));
        _rules.Proved("other", _now);
        Assert.Equal((CircuitState.HalfOpen, 0), (_rules.Circuit, _rules.TakeEffects().Count));
        _rules.Proved("probe", _now);
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
        Assert.False(Assert.IsType<SlotGranted>(Assert.Single(_rules.TakeEffects()).Answer).IsProbe);
    }

    [Fact]
    public void AProvedInference_ThatBreaksOff_IsAFailureLikeAnyOther()
    {
        Break();
        _rules.TryAcquire(Ask("probe"), _now);
        _rules.Proved("probe", _now);
        _rules.Release(new SlotRelease { RequestId = "probe", Outcome = SlotOutcome.Failed }, _now);
        Assert.Equal(CircuitState.Open, _rules.Circuit);
    }

    /// <summary>Its holder renews as often as it was told when it got the slot.</summary>
    [Theory]
    [InlineData(15, 4)]
    [InlineData(4, 15)]
    public void ALease_KeepsItsDuration_WhenTheConfigurationChanges(int before, int after)
    {
        var rules = new BackendRules(Options with { Lease = TimeSpan.FromSeconds(before) });
        rules.TryAcquire(Ask("a"), _now);
        rules.Reconfigure(Options with { Lease = TimeSpan.FromSeconds(after) }, _now);
        Assert.True(rules.Renew("a", _now));
        Assert.Equal(TimeSpan.FromSeconds(before), rules.NextDue());
        rules.TryAcquire(Ask("b"), _now);
        rules.Release(new SlotRelease { RequestId = "a", Outcome = SlotOutcome.Succeeded }, _now);
        Assert.Equal(TimeSpan.FromSeconds(after), rules.NextDue());
    }

    /// <summary>Between two silos a question may arrive after the withdrawal that was sent later.</summary>
    [Fact]
    public void AQuestionThatArrivesAfterItsWithdrawal_StandsInNoQueue()
    {
        Fill();
        Assert.IsType<SlotQueued>(_rules.Enqueue(Ask("left"), _now));
        _rules.Release(new SlotRelease { RequestId = "left", Outcome = SlotOutcome.Withdrawn }, _now);
        Assert.Equal(RefusalReason.Withdrawn, Assert.IsType<SlotRefused>(_rules.Enqueue(Ask("left"), _now)).Reason);
        Assert.Equal(0, _rules.Waiting);
    }

    [Fact]
    public void WhoWasSilentForLong_MayComeBack_AtTheEnd()
    {
        Fill();
        _rules.Enqueue(Ask("silent"), _now);
        _rules.Enqueue(Ask("patient"), _now);
        _rules.Abandon("silent", _now);
        Assert.Equal(2, Assert.IsType<SlotQueued>(_rules.Enqueue(Ask("silent"), _now)).Position);
        Assert.Equal(2, _rules.Waiting);
    }

    private void Break()
    {
        _rules.TryAcquire(Ask("broken"), _now);
        _rules.Release(new SlotRelease { RequestId = "broken", Outcome = SlotOutcome.Failed }, _now);
        Assert.Equal(CircuitState.Open, _rules.Circuit);
        _now += Options.Cooldown;
        _rules.Tick(_now);
    }

    private void Fill()
    {
        for (var i = 0; i < Options.Slots; i++) _rules.TryAcquire(Ask($"runs{i}"), _now);
    }

    private static SlotRequest Ask(string id) => new() { RequestId = id, User = "u", Model = "m" };
}
