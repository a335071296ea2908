using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;

namespace OrleansLlm.Tests.Rules.Backends;

public class FairnessTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly BackendOptions Options = BackendModel.Options(maxQueue: 100_000) with
    {
        QueueTimeout = TimeSpan.FromDays(10),
        Lease = TimeSpan.FromDays(10),
        PriorityAgeing = TimeSpan.FromSeconds(30),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void ASingleRequest_BehindFiveHundredOfAnother_GetsTheNextSlot(int slots)
    {
        var driver = new QueueDriver(Options with { Slots = slots });
        driver.SendMany("flood", 500);
        driver.FinishMany(20, Second);
        driver.Send(QueueDriver.Ask("other-1", "other"));
        driver.Finish(Second);
        Assert.Equal("other-1", driver.Granted[^1]);
    }

    [Fact]
    public void ASingleRequest_RightBehindTheFirstOfAFlood_GetsTheNextSlot()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("flood", 500);
        driver.Send(QueueDriver.Ask("other-1", "other"));
        driver.Finish(Second);
        Assert.Equal("other-1", driver.Granted[^1]);
    }

    [Fact]
    public void AUserWithOneRequestAtATime_BesideAFlood_GetsEverySecondSlot()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("flood", 500);
        for (var i = 1; i <= 50; i++)
        {
            driver.Send(QueueDriver.Ask($"chat-{i}", "chat"));
            while (driver.Granted[^1] != $"chat-{i}") driver.Finish(Second);
            driver.Finish(Second);
        }

        Assert.InRange(driver.GrantedUsers.Count(u => u == "flood"), 45, 55);
    }

    [Fact]
    public void AUserWhoAlwaysAsksForOneMoreAsSoonAsItIsServed_GainsNothingByTheEmptyQueueInBetween()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("flood", 200);
        driver.Send("quick");
        for (var i = 0; i < 100; i++)
        {
            driver.Finish(Second);
            if (driver.GrantedUsers.Last() == "quick") driver.Send("quick");
        }

        Assert.InRange(driver.GrantedUsers.Count(u => u == "quick"), 45, 55);
    }

    [Fact]
    public void AnEndlessRowOfNewUsers_LeavesAnOldOneItsShare()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("old", 60);
        for (var i = 0; i < 60; i++)
        {
            driver.Send($"new{i}");
            driver.Finish(Second);
        }

        // Those who came when it was the old one's turn wait beside it, and have their shares as well.
        Assert.InRange(driver.GrantedUsers.Count(u => u == "old"), 6, 45);
    }

    [Fact]
    public void UsersWithWeights_AreServedInProportion_WithinOneRequest() =>
        Prop.ForAll(Gen.Choose(1, 5).NonEmptyListOf().ToArbitrary(), list =>
        {
            var weights = list.Take(8).ToList();
            var driver = new QueueDriver(Options);
            driver.Send(QueueDriver.Ask("warm-1", "warm"));
            for (var u = 0; u < weights.Count; u++) driver.SendMany($"u{u}", 300, weight: weights[u]);
            const int rounds = 12;
            driver.FinishMany(rounds * weights.Sum(), Second);
            for (var u = 0; u < weights.Count; u++)
            {
                var served = driver.GrantedUsers.Count(g => g == $"u{u}");
                Assert.InRange(served, rounds * weights[u] - 1, rounds * weights[u] + 1);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void EqualUsers_WithVeryUnequalNumbersOfRequests_HaveAJainIndexOfOne()
    {
        var driver = new QueueDriver(Options with { Slots = 3 });
        for (var u = 1; u <= 10; u++) driver.SendMany($"u{u}", 60 * u);
        driver.FinishMany(400, Second);
        var served = driver.GrantedUsers.GroupBy(u => u).Select(g => (double)g.Count()).ToList();
        Assert.True(served.Sum() * served.Sum() / (10 * served.Sum(s => s * s)) >= 0.99);
    }

    [Fact]
    public void APriorityOvertakesFairness_AndWithinItFairnessHolds()
    {
        var driver = new QueueDriver(Options);
        driver.Send(QueueDriver.Ask("warm-1", "warm"));
        driver.Send(QueueDriver.Ask("batch-1", "batch", priority: 3));
        driver.SendMany("a", 2);
        driver.SendMany("b", 2);
        driver.FinishMany(5, Second);
        Assert.Equal(["warm-1", "a-1", "b-1", "a-2", "b-2", "batch-1"], driver.Granted);
    }

    [Fact]
    public void WaitingRaisesThePriority_UntilItIsServedAmongTheHighest()
    {
        var driver = new QueueDriver(Options);
        driver.Send(QueueDriver.Ask("warm-1", "warm"));
        driver.Send(QueueDriver.Ask("batch-1", "batch", priority: 2));
        driver.SendMany("a", 200);
        driver.FinishMany(59, Second);
        Assert.DoesNotContain("batch-1", driver.Granted);
        driver.FinishMany(2, Second);
        Assert.Contains("batch-1", driver.Granted);
    }

    [Fact]
    public void WithoutAgeing_ALowerPriorityWaitsForAllHigherOnes()
    {
        var driver = new QueueDriver(Options with { PriorityAgeing = TimeSpan.Zero });
        driver.Send(QueueDriver.Ask("warm-1", "warm"));
        driver.Send(QueueDriver.Ask("batch-1", "batch", priority: 1));
        driver.SendMany("a", 200);
        driver.FinishMany(200, Second);
        Assert.DoesNotContain("batch-1", driver.Granted);
        driver.Finish(Second);
        Assert.Equal("batch-1", driver.Granted[^1]);
    }

    /// <summary>
    /// Whatever the others send, a request is granted after its ageing, the patience for its model, and as many times the length of the queue
    /// as another's weight is of its own, and once more. The adversary sends two requests for every one served: new users, old ones, higher
    /// priorities, other models, more weight.
    /// </summary>
    [Fact]
    public void NoRequestStarves_WhateverTheOthersSend() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf(40).ToArbitrary(), Gen.Choose(0, 4).ToArbitrary(), (codes, priority) =>
        {
            var options = Options with { MaxQueue = 20, ModelPatience = TimeSpan.FromSeconds(7), PriorityAgeing = TimeSpan.FromSeconds(5) };
            var driver = new QueueDriver(options);
            driver.Send(QueueDriver.Ask("warm-1", "warm"));
            driver.Send(QueueDriver.Ask("mine-1", "mine", priority, weight: 1, model: "rare"));
            var bound = priority * 5 + 7 + options.MaxQueue * (MostWeight + 1);
            for (var steps = 0; !driver.Granted.Contains("mine-1"); steps++)
            {
                for (var i = 0; i < 2; i++) Attack(driver, codes[(steps * 2 + i) % codes.Length], steps * 2 + i);
                driver.Finish(Second);
                Assert.True(steps <= bound, $"not served after {steps} services");
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private const int MostWeight = 4;

    private static void Attack(QueueDriver driver, int code, int number)
    {
        var user = (code % 4) switch { 0 => $"new{number}", 1 => "flood", _ => $"old{code % 11}" };
        driver.Send(QueueDriver.Ask(
            $"{user}-a{number}", user, priority: code / 7 % 3, weight: 1 + code / 3 % MostWeight, model: code % 5 == 0 ? "other" : "m"));
    }
}
