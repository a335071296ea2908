using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Inference;
using OrleansLlm.Tests.Rules.Catalog;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>What a backend decides about one deployment apart from the others: its limits and its own faults.</summary>
public class DeploymentTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    private static readonly BackendOptions Options = BackendModel.Options(slots: 100) with
    {
        Deployments = [Deployments.Of("free"), Deployments.Of("three", rpm: 3), Deployments.Of("thousand", tpm: 1000), Deployments.Of("any") with { Model = "*" }],
        Cooldown = TimeSpan.FromSeconds(5),
    };

    private readonly BackendRules _rules = new(Options);
    private TimeSpan _now = TimeSpan.FromSeconds(100);
    private int _next;

    [Fact]
    public void RequestsPerMinute_AreALimitWithItsExactEnd()
    {
        for (var i = 0; i < 3; i++) Assert.IsType<SlotGranted>(Try("three"));
        var refused = Assert.IsType<SlotRefused>(Try("three"));
        Assert.Equal(RefusalReason.OverLimit, refused.Reason);
        Assert.InRange(refused.RetryAfter!.Value, Minute, Minute + TimeSpan.FromSeconds(0.25));
        Assert.IsType<SlotGranted>(Try("free"));
        _now += refused.RetryAfter.Value;
        Assert.IsType<SlotGranted>(Try("three"));
    }

    [Fact]
    public void RequestsPerMinute_OfARequestThatNeverRan_AreGivenBack()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<SlotGranted>(Try("three", id: $"w{i}"));
            Release($"w{i}", SlotOutcome.Withdrawn);
        }
    }

    [Fact]
    public void TokensPerMinute_AreReservedByEstimateAndSettledByUse()
    {
        Assert.IsType<SlotGranted>(Try("thousand", 900, "a"));
        Assert.Equal(RefusalReason.OverLimit, Assert.IsType<SlotRefused>(Try("thousand", 200)).Reason);
        Release("a", SlotOutcome.Succeeded, tokens: 100);
        Assert.IsType<SlotGranted>(Try("thousand", 200, "b"));
        Release("b", SlotOutcome.Succeeded, tokens: 950);
        // What was used beyond the estimate counts as well.
        Assert.Equal(RefusalReason.OverLimit, Assert.IsType<SlotRefused>(Try("thousand", 1)).Reason);
    }

    [Fact]
    public void TokensPerMinute_ThatCanNeverFit_AreRefusedWithoutATime() =>
        Assert.Equal((RefusalReason.OverLimit, null), (Assert.IsType<SlotRefused>(Try("thousand", 1001)).Reason, Assert.IsType<SlotRefused>(Try("thousand", 1001)).RetryAfter));

    [Fact]
    public void ARequestThatWaited_IsTurnedAwayWhenItsDeploymentHasRunOut_AndTheNextOneServed()
    {
        _rules.Reconfigure(Options with { Slots = 1 }, _now);
        for (var i = 0; i < 2; i++)
        {
            Assert.IsType<SlotGranted>(Try("three", id: $"r{i}"));
            Release($"r{i}", SlotOutcome.Succeeded);
        }

        Assert.IsType<SlotGranted>(Try("free", id: "holder"));
        foreach (var (id, deployment) in (ReadOnlySpan<(string, string)>)[("third", "three"), ("fourth", "three"), ("other", "free")])
        {
            Assert.IsType<SlotQueued>(_rules.Enqueue(Ask(deployment, 0, id), _now));
        }

        Release("holder", SlotOutcome.Succeeded);
        Assert.IsType<SlotGranted>(Assert.Single(_rules.TakeEffects(), e => e.RequestId == "third").Answer);
        Release("third", SlotOutcome.Succeeded);
        var effects = _rules.TakeEffects();
        Assert.Equal(RefusalReason.OverLimit, Assert.IsType<SlotRefused>(effects.Single(e => e.RequestId == "fourth").Answer).Reason);
        Assert.IsType<SlotGranted>(effects.Single(e => e.RequestId == "other").Answer);
        Assert.Equal(1, _rules.Running);
    }

    [Fact]
    public void AMissingModel_SidelinesItsDeploymentAndNotTheBackend()
    {
        Try("three", id: "a");
        Release("a", SlotOutcome.ModelRefused, error: "no such model");
        var refused = Assert.IsType<SlotRefused>(Try("three"));
        Assert.Equal((RefusalReason.Sidelined, Options.Cooldown, "no such model"), (refused.Reason, refused.RetryAfter, refused.Detail));
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
        Assert.IsType<SlotGranted>(Try("free"));
        _now += Options.Cooldown;
        Assert.IsType<SlotGranted>(Try("three"));
    }

    [Fact]
    public void ASidelinedDeployment_IsNewsForThoseWhoWaitForIt()
    {
        _rules.Reconfigure(Options with { Slots = 1 }, _now);
        Try("three", id: "a");
        _rules.Enqueue(Ask("three", 0, "b"), _now);
        _rules.Enqueue(Ask("free", 0, "c"), _now);
        Release("a", SlotOutcome.ModelRefused);
        var effects = _rules.TakeEffects();
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(effects.Single(e => e.RequestId == "b").Answer).Reason);
        Assert.IsType<SlotGranted>(effects.Single(e => e.RequestId == "c").Answer);
    }

    [Fact]
    public void AModelThatAWildcardDoesNotHave_IsNobodysWhoAsksForAnother()
    {
        Try("any", id: "a", model: "missing");
        Release("a", SlotOutcome.ModelRefused, error: "no such model");
        var refused = Assert.IsType<SlotRefused>(Try("any", model: "missing"));
        Assert.Equal((RefusalReason.Sidelined, Options.Cooldown, "no such model"), (refused.Reason, refused.RetryAfter, refused.Detail));
        Assert.IsType<SlotGranted>(Try("any", model: "there"));
        // Routing and the pages take the deployment for well.
        Assert.Empty(_rules.Sidelined);
        _now += Options.Cooldown;
        Assert.IsType<SlotGranted>(Try("any", model: "missing"));
    }

    [Theory]
    [InlineData(SlotOutcome.ModelRefused)]
    [InlineData(SlotOutcome.RateLimited)]
    public void WhatConcernsTheAccountOfAWildcard_ConcernsAllItsModels(SlotOutcome outcome)
    {
        Try("any", id: "a", model: "one");
        Release("a", outcome, retryAfter: Minute, ofAccount: outcome == SlotOutcome.ModelRefused);
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(Try("any", model: "two")).Reason);
        Assert.Single(_rules.Sidelined);
    }

    [Fact]
    public void TheModelsOfAWildcardThatAreMissing_AreBounded()
    {
        for (var i = 0; i <= RefusedModels.Most; i++)
        {
            Try("any", id: $"a{i}", model: $"m{i}");
            Release($"a{i}", SlotOutcome.ModelRefused, retryAfter: Minute + TimeSpan.FromSeconds(i));
        }

        // The one that is soonest over has given way.
        Assert.IsType<SlotGranted>(Try("any", model: "m0"));
        Assert.IsType<SlotRefused>(Try("any", model: "m1"));
        var endless = new string('m', RefusedModels.LongestName + 1);
        Try("any", id: "long", model: endless);
        Release("long", SlotOutcome.ModelRefused);
        Assert.IsType<SlotGranted>(Try("any", model: endless));
        _rules.Reset(_now);
        Assert.IsType<SlotGranted>(Try("any", model: "m1"));
    }

    [Fact]
    public void AnOperationThatAModelDoesNotHave_SidelinesNoOther()
    {
        Try("free", id: "chat");
        Release("chat", SlotOutcome.Succeeded);
        Try("free", id: "a", kind: InferenceKind.Embedding);
        Release("a", SlotOutcome.ModelRefused);
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(Try("free", kind: InferenceKind.Embedding)).Reason);
        Assert.IsType<SlotGranted>(Try("free"));
        Assert.Empty(_rules.Sidelined);
    }

    [Fact]
    public void AModelThatIsMissingBehindAWildcard_IsNewsOnlyForThoseWhoWaitForIt()
    {
        _rules.Reconfigure(Options with { Slots = 1 }, _now);
        Try("any", id: "a", model: "missing");
        _rules.Enqueue(Ask("any", 0, "b") with { Model = "missing" }, _now);
        _rules.Enqueue(Ask("any", 0, "c") with { Model = "there" }, _now);
        Release("a", SlotOutcome.ModelRefused);
        var effects = _rules.TakeEffects();
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(effects.Single(e => e.RequestId == "b").Answer).Reason);
        Assert.IsType<SlotGranted>(effects.Single(e => e.RequestId == "c").Answer);
    }

    [Fact]
    public void AnUpstreamsRetryAfter_IsHonoured()
    {
        Try("free", id: "a");
        Release("a", SlotOutcome.RateLimited, retryAfter: TimeSpan.FromSeconds(77));
        Assert.Equal(TimeSpan.FromSeconds(77), Assert.IsType<SlotRefused>(Try("free")).RetryAfter);
        _now += TimeSpan.FromSeconds(77);
        Assert.IsType<SlotGranted>(Try("free"));
    }

    [Fact]
    public void ARefusedKey_OpensTheCircuitAtOnce()
    {
        Try("free", id: "a");
        Release("a", SlotOutcome.KeyRefused, error: "bad key");
        var refused = Assert.IsType<SlotRefused>(Try("three"));
        Assert.Equal((RefusalReason.CircuitOpen, "bad key"), (refused.Reason, refused.Detail));
    }

    [Theory]
    [InlineData(SlotOutcome.Failed)]
    [InlineData(SlotOutcome.KeyRefused)]
    [InlineData(SlotOutcome.RateLimited)]
    [InlineData(SlotOutcome.ModelRefused)]
    public void WithoutCooldowns_NothingIsKeptAwayFrom(SlotOutcome outcome)
    {
        _rules.Reconfigure(Options with { Cools = false }, _now);
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<SlotGranted>(Try("free", id: $"r{i}"));
            Release($"r{i}", outcome, retryAfter: Minute);
        }
    }

    [Theory]
    [InlineData(SlotOutcome.RateLimited)]
    [InlineData(SlotOutcome.ModelRefused)]
    public void ADeploymentWithoutACooldownOfItsOwn_IsAskedAtOnce_UnlessItHasNamedATime(SlotOutcome outcome)
    {
        _rules.Reconfigure(Options with { Deployments = [Deployments.Of("free") with { Cooldown = TimeSpan.Zero }] }, _now);
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<SlotGranted>(Try("free", id: $"r{i}"));
            Release($"r{i}", outcome);
        }

        Try("free", id: "a");
        Release("a", outcome, retryAfter: Minute);
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(Try("free")).Reason);
    }

    [Fact]
    public void ACircuitThatOpenedForWantOfAConnection_TurnsHalfOpenWithAnAnsweredProbe()
    {
        for (var i = 0; i < 3; i++)
        {
            Try("free", id: $"r{i}");
            Release($"r{i}", SlotOutcome.Unreachable);
        }

        Assert.Equal(CircuitState.Open, _rules.Circuit);
        _rules.Probed(up: true, wasDown: false, null, _now);
        Assert.Equal(CircuitState.HalfOpen, _rules.Circuit);
    }

    [Fact]
    public void ACircuitThatOpenedByFailedInferences_IsNotClosedByAListing()
    {
        for (var i = 0; i < 3; i++)
        {
            Try("free", id: $"r{i}");
            Release($"r{i}", SlotOutcome.Failed);
        }

        _rules.Probed(up: true, wasDown: false, null, _now);
        Assert.Equal(CircuitState.Open, _rules.Circuit);
    }

    [Fact]
    public void AnInferenceFromBeforeTheOpening_DoesNotDecideInPlaceOfTheProbe()
    {
        for (var i = 0; i < 4; i++) Try("free", id: $"r{i}");
        for (var i = 0; i < 3; i++) Release($"r{i}", SlotOutcome.Failed);
        _now += Options.Cooldown;
        Assert.True(Assert.IsType<SlotGranted>(Try("free", id: "probe")).IsProbe);
        Release("r3", SlotOutcome.Failed);
        Assert.Equal(CircuitState.HalfOpen, _rules.Circuit);
        Release("probe", SlotOutcome.Succeeded);
        Assert.Equal(CircuitState.Closed, _rules.Circuit);
    }

    [Fact]
    public void WhateverHappens_NoDeploymentBeginsMoreThanItsLimitInAnyMinute() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(), commands =>
        {
            var rules = new BackendRules(Options with { Slots = 2 });
            var begun = new List<TimeSpan>();
            var now = TimeSpan.Zero;
            for (var i = 0; i < commands.Length; i++)
            {
                var argument = commands[i] / 4;
                switch (commands[i] % 4)
                {
                    case 0:
                        if (rules.TryAcquire(Ask("three", 0, $"r{i}"), now) is SlotGranted) begun.Add(now);
                        break;
                    case 1:
                        if (rules.Enqueue(Ask("three", 0, $"r{i}"), now) is SlotGranted) begun.Add(now);
                        break;
                    case 2:
                        rules.Release(new SlotRelease { RequestId = $"r{argument % (i + 1)}", Outcome = SlotOutcome.Succeeded }, now);
                        break;
                    default:
                        now += TimeSpan.FromMilliseconds(argument % 20_000);
                        rules.Tick(now);
                        break;
                }

                begun.AddRange(rules.TakeEffects().Where(e => e.Answer is SlotGranted).Select(_ => now));
            }

            for (var i = 3; i < begun.Count; i++) Assert.True(begun[i] - begun[i - 3] >= Minute, $"four began within {begun[i] - begun[i - 3]}");
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(400));

    private static SlotRequest Ask(string deployment, long tokens, string id) =>
        new() { RequestId = id, User = "u", Model = "m", DeploymentId = deployment, TokensEstimated = tokens };

    private SlotAnswer Try(string deployment, long tokens = 0, string? id = null, string model = "m", InferenceKind kind = InferenceKind.Chat) =>
        _rules.TryAcquire(Ask(deployment, tokens, id ?? $"n{_next++}") with { Model = model, Kind = kind }, _now);

    private void Release(string id, SlotOutcome outcome, int tokens = 0, TimeSpan? retryAfter = null, string? error = null, bool ofAccount = false) => _rules.Release(
        new SlotRelease { RequestId = id, Outcome = outcome, CompletionTokens = tokens, RetryAfter = retryAfter, Error = error, IsOfAccount = ofAccount }, _now);
}
