using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

public class SlidingWindowProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(400);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Each number is a pause and an amount. The witness keeps every single taking and looks at every minute that ends with one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void NeverMoreThanTheLimit_InAnyMinute(int limit) =>
        Prop.ForAll(Steps(), steps =>
        {
            var window = new SlidingWindow(limit);
            var taken = new List<(TimeSpan At, long Amount)>();
            var now = TimeSpan.Zero;
            foreach (var step in steps)
            {
                now += Pause(step);
                var amount = 1 + step / 7 % Math.Max(limit / 3, 1);
                if (window.TryTake(amount, now)) taken.Add((now, amount));
                Assert.True(taken.Where(t => t.At >= now - Minute).Sum(t => t.Amount) <= limit);
                Assert.InRange(window.Used(now), taken.Where(t => t.At >= now - Minute).Sum(t => t.Amount), limit);
            }

            return true;
        }).Check(Many);

    [Fact]
    public void WhenItSays_ItFits_AndNotATickBefore() =>
        Prop.ForAll(Steps(), steps =>
        {
            var window = new SlidingWindow(20);
            var now = TimeSpan.Zero;
            foreach (var step in steps)
            {
                now += Pause(step);
                var amount = 1 + step / 7 % 20;
                if (window.TryTake(amount, now)) continue;
                var wait = window.FitsIn(amount, now)!.Value;
                Assert.InRange(wait, TimeSpan.FromTicks(1), Minute + Minute / 240);
                Assert.False(window.Fits(amount, now + wait - TimeSpan.FromTicks(1)));
                now += wait;
                Assert.True(window.TryTake(amount, now));
            }

            return true;
        }).Check(Many);

    [Fact]
    public void RefundingEverything_LeavesNothing() =>
        Prop.ForAll(Steps(), steps =>
        {
            var window = new SlidingWindow(1000);
            var now = TimeSpan.Zero;
            var taken = new List<(TimeSpan At, long Amount)>();
            foreach (var step in steps)
            {
                now += Pause(step);
                var amount = 1 + step / 7 % 50;
                if (window.TryTake(amount, now)) taken.Add((now, amount));
            }

            foreach (var (at, amount) in taken) window.Refund(amount, at, now);
            Assert.Equal(0, window.Used(now));
            return true;
        }).Check(Many);

    [Fact]
    public void WhatWasChargedBeyondTheLimit_BlocksUntilItHasLeft()
    {
        var window = new SlidingWindow(10);
        window.Charge(25, TimeSpan.Zero);
        Assert.Equal(0, window.Remaining(TimeSpan.Zero));
        Assert.False(window.Fits(1, Minute));
        Assert.True(window.Fits(10, TimeSpan.Zero + window.EmptyIn(TimeSpan.Zero)));
    }

    [Fact]
    public void MoreThanTheLimit_NeverFits()
    {
        var window = new SlidingWindow(10);
        Assert.Null(window.FitsIn(11, TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, window.FitsIn(10, TimeSpan.Zero));
    }

    [Fact]
    public void ALowerLimit_TakesNothingBackButLetsNothingThrough()
    {
        var window = new SlidingWindow(10);
        Assert.True(window.TryTake(8, TimeSpan.Zero));
        window.Limit = 5;
        Assert.False(window.TryTake(1, TimeSpan.FromSeconds(1)));
        Assert.Equal(8, window.Used(TimeSpan.FromSeconds(1)));
    }

    private static TimeSpan Pause(int step) => TimeSpan.FromMilliseconds(step % 5 == 0 ? step % 30_000 : step % 300);

    private static Arbitrary<int[]> Steps() => Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary();
}
