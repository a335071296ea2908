using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Processes;

public sealed class RestRuleTests
{
    private const long Held = 100_000_000;

    private readonly RestRule _rule = new();
    private long _allocated;

    [Fact]
    public void ABusyHour_IsTidiedUpOnce_WhenItIsOver()
    {
        for (var look = 0; look < 10; look++) Assert.False(LookAfter(RestRule.Worth));

        Assert.True(LookAfter(RestRule.Quiet - 1));
        Assert.False(LookAfter(RestRule.Quiet - 1));
        Assert.False(LookAfter(0));
    }

    [Fact]
    public void WhatLittleARestingProcessAllocates_AddsUp()
    {
        var looks = 0;
        while (!LookAfter(RestRule.Quiet / 2)) looks++;

        Assert.Equal(RestRule.Worth / (RestRule.Quiet / 2), looks + 1);
    }

    [Fact]
    public void ASecondBusyHour_IsTidiedUpAsTheFirst()
    {
        Assert.False(LookAfter(RestRule.Worth));
        Assert.True(LookAfter(0));
        Assert.False(LookAfter(RestRule.Worth));
        Assert.True(LookAfter(0));
    }

    [Fact]
    public void AProcessThatHoldsALot_IsLeftAlone_UntilItHoldsLess()
    {
        Assert.False(LookAfter(RestRule.Worth));
        Assert.False(LookAfter(0, RestRule.Large + 1));
        Assert.True(LookAfter(0));
    }

    private bool LookAfter(long allocated, long held = Held) => _rule.Look(_allocated += allocated, held);
}
