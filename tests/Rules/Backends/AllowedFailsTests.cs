using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Tests.Rules.Catalog;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary><c>allowed_fails_policy</c>: what each class of failures does to the circuit.</summary>
public class AllowedFailsTests
{
    private static readonly BackendOptions Plain = BackendModel.Options(slots: 100) with { AllowedFails = 3, Deployments = [Deployments.Of("d")] };

    private static readonly AllowedFailsPolicy Policy = new() { Authentication = 2, Timeout = 5, RateLimit = 2, InternalServer = 4 };

    private TimeSpan _now = TimeSpan.FromSeconds(100);
    private int _next;

    [Theory]
    [InlineData(SlotOutcome.Failed, FaultClass.Timeout, 3, 5)]
    [InlineData(SlotOutcome.Failed, FaultClass.RateLimit, 3, 2)]
    [InlineData(SlotOutcome.Failed, FaultClass.Server, 3, 4)]
    [InlineData(SlotOutcome.Unreachable, FaultClass.Server, 3, 3)]
    [InlineData(SlotOutcome.Unreachable, FaultClass.Timeout, 3, 5)]
    [InlineData(SlotOutcome.KeyRefused, FaultClass.Authentication, 1, 2)]
    public void AClass_OpensTheCircuitAfterItsOwnNumber(SlotOutcome outcome, FaultClass kind, int without, int with)
    {
        Assert.Equal(without, FailuresUntilOpen(new BackendRules(Plain), outcome, kind));
        Assert.Equal(with, FailuresUntilOpen(new BackendRules(Plain with { AllowedFailsPolicy = Policy }), outcome, kind));
    }

    [Fact]
    public void AClassIsCountedByItself_AndASuccessBeginsAnew()
    {
        var rules = new BackendRules(Plain with { AllowedFailsPolicy = new AllowedFailsPolicy { Timeout = 4 } });
        for (var i = 0; i < 3; i++) Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        // Three of another class are three, whatever was before.
        for (var i = 0; i < 2; i++) Fail(rules, SlotOutcome.Failed, FaultClass.Server);
        Assert.True(LetsThrough(rules));
        Fail(rules, SlotOutcome.Succeeded, FaultClass.Server);
        for (var i = 0; i < 3; i++) Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        Assert.True(LetsThrough(rules));
        Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        Assert.False(LetsThrough(rules));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(3, 3)]
    public void RateLimitsWithATime_SidelineTheirDeployment_AfterAsManyInARowAsAreAllowed(int? allowed, int expected)
    {
        var rules = new BackendRules(Plain with { AllowedFailsPolicy = new AllowedFailsPolicy { RateLimit = allowed } });
        for (var i = 1; i < expected; i++) Fail(rules, SlotOutcome.RateLimited, FaultClass.RateLimit);
        // A success in between, and they are counted from one again.
        Fail(rules, SlotOutcome.Succeeded, FaultClass.Server);
        for (var i = 1; i < expected; i++) Fail(rules, SlotOutcome.RateLimited, FaultClass.RateLimit);
        Assert.True(LetsThrough(rules));
        Fail(rules, SlotOutcome.RateLimited, FaultClass.RateLimit);
        Assert.False(LetsThrough(rules));
    }

    [Fact]
    public void AChangedPolicy_HoldsFromTheNextFailureOn()
    {
        var rules = new BackendRules(Plain);
        for (var i = 0; i < 2; i++) Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        rules.Reconfigure(Plain with { AllowedFailsPolicy = Policy }, _now);
        for (var i = 0; i < 4; i++) Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        Assert.True(LetsThrough(rules));
        Fail(rules, SlotOutcome.Failed, FaultClass.Timeout);
        Assert.False(LetsThrough(rules));
    }

    [Theory]
    [InlineData((int)FailureClass.Timeout, FaultClass.Timeout)]
    [InlineData((int)FailureClass.RateLimit, FaultClass.RateLimit)]
    [InlineData((int)FailureClass.Authentication, FaultClass.Authentication)]
    [InlineData((int)FailureClass.Unreachable, FaultClass.Server)]
    [InlineData((int)FailureClass.Other, FaultClass.Server)]
    public void AFailure_IsCountedByItsClass(int kind, FaultClass expected) => Assert.Equal(expected, Blame.ClassOf((FailureClass)kind));

    private int FailuresUntilOpen(BackendRules rules, SlotOutcome outcome, FaultClass kind)
    {
        for (var failures = 1; failures < 100; failures++)
        {
            Fail(rules, outcome, kind);
            if (!LetsThrough(rules)) return failures;
        }

        return 100;
    }

    private void Fail(BackendRules rules, SlotOutcome outcome, FaultClass kind)
    {
        var id = Try(rules, out var answer);
        Assert.IsType<SlotGranted>(answer);
        rules.Release(
            new SlotRelease { RequestId = id, Outcome = outcome, Class = kind, RetryAfter = outcome == SlotOutcome.RateLimited ? TimeSpan.FromSeconds(30) : null }, _now);
    }

    private bool LetsThrough(BackendRules rules)
    {
        var id = Try(rules, out var answer);
        rules.Release(new SlotRelease { RequestId = id, Outcome = SlotOutcome.Withdrawn }, _now);
        return answer is SlotGranted;
    }

    private string Try(BackendRules rules, out SlotAnswer answer)
    {
        var id = $"r{_next++}";
        _now += TimeSpan.FromMilliseconds(1);
        answer = rules.TryAcquire(new SlotRequest { RequestId = id, User = "u", Model = "d", DeploymentId = "d" }, _now);
        return id;
    }
}
