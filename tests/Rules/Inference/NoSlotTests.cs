using OrleansLlm.Backends;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Inference;

/// <summary>What a client is told that no deployment gave a slot.</summary>
public class NoSlotTests
{
    private static readonly SlotRefused Never = new(RefusalReason.OverLimit, null) { Detail = "too much" };

    [Fact]
    public void ARequestThatFitsNoDeploymentsLimit_NeedNotComeBack()
    {
        var told = Failures.NoSlot("m", [Never, Never]);
        Assert.Equal((FailureKind.OverLimit, null, true), (told.Kind, told.RetryAfter, told.RetryIsVain));
    }

    [Theory]
    [InlineData(RefusalReason.OverLimit, FailureKind.OverLimit, 3)]
    [InlineData(RefusalReason.CircuitOpen, FailureKind.CircuitOpen, 3)]
    [InlineData(RefusalReason.Draining, FailureKind.OverLimit, null)]
    public void WhereAnotherDeploymentMayServeItLater_ItMayComeBack(RefusalReason other, FailureKind kind, int? seconds)
    {
        TimeSpan? wait = seconds is { } known ? TimeSpan.FromSeconds(known) : null;
        var told = Failures.NoSlot("m", [Never, new SlotRefused(other, wait)]);
        Assert.Equal((kind, wait, false), (told.Kind, told.RetryAfter, told.RetryIsVain));
    }
}
