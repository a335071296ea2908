using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>The bounds of a queue, and the numbers it tells: positions, estimates, when to come back.</summary>
public class QueueBoundTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly BackendOptions Options = BackendModel.Options() with { Lease = TimeSpan.FromDays(1) };

    [Fact]
    public void AUserAtItsBound_IsRefusedUntilItsOwnNextIsServed_AndOthersAreNot()
    {
        var driver = Averaging(10, Options with { MaxQueuePerUser = 2 });
        driver.SendMany("busy", 3);
        driver.SendMany("other", 1);
        var refused = Assert.IsType<SlotRefused>(driver.Send(QueueDriver.Ask("busy-4", "busy")));
        // The other's request comes first: two services until one of busy's two has gone.
        Assert.Equal((RefusalReason.QueueFull, 20 * Second), (refused.Reason, refused.RetryAfter));
        Assert.IsType<SlotQueued>(driver.Send(QueueDriver.Ask("third-1", "third")));
    }

    [Fact]
    public void AFullQueue_TakesANewUsersRequestInPlaceOfTheLastOfWhoHasMost()
    {
        var driver = Averaging(10, Options with { MaxQueue = 3 });
        driver.SendMany("busy", 4);
        Assert.IsType<SlotQueued>(driver.Send(QueueDriver.Ask("new-1", "new")));
        var (id, refused) = Assert.Single(driver.Refused);
        Assert.Equal(("busy-4", RefusalReason.QueueFull), (id, refused.Reason));
        Assert.NotNull(refused.RetryAfter);
        Assert.Equal(3, driver.Rules.Waiting);
    }

    [Fact]
    public void AFullQueue_OfAsManyUsersAsRequests_RefusesTheNewcomer()
    {
        var driver = Averaging(10, Options with { MaxQueue = 2 });
        driver.SendMany("running", 1);
        driver.SendMany("a", 1);
        driver.SendMany("b", 1);
        Assert.Equal(RefusalReason.QueueFull, Assert.IsType<SlotRefused>(driver.Send(QueueDriver.Ask("c-1", "c"))).Reason);
        Assert.Empty(driver.Refused);
    }

    [Fact]
    public void AFullQueue_NeverGivesUpAHigherPriorityForALowerOne()
    {
        var driver = Averaging(10, Options with { MaxQueue = 3 });
        driver.SendMany("busy", 4);
        Assert.Equal(RefusalReason.QueueFull, Assert.IsType<SlotRefused>(driver.Send(QueueDriver.Ask("new-1", "new", priority: 1))).Reason);
    }

    [Fact]
    public void RetryAfter_CountsWhatTheRunningInferenceHasHadAlready()
    {
        var driver = Averaging(10, Options with { MaxQueue = 1 });
        driver.SendMany("a", 2);
        driver.Advance(7 * Second);
        Assert.Equal(3 * Second, Full(driver));
        // It has run over by five: as long again.
        driver.Advance(8 * Second);
        Assert.Equal(5 * Second, Full(driver));
    }

    [Fact]
    public void RetryAfter_BeforeAnyInferenceHasFinished_IsAsLongAsTheRunningOneHasTaken()
    {
        var driver = new QueueDriver(Options with { MaxQueue = 1 });
        driver.SendMany("a", 2);
        driver.Advance(12 * Second);
        Assert.Equal(12 * Second, Full(driver));
    }

    [Fact]
    public void ADeadlineThatTheEstimateCannotMeet_IsRefusedAtOnceWithTheTimeThatIsMissing()
    {
        var driver = Averaging(10, Options);
        driver.SendMany("a", 3);
        var refused = Assert.IsType<SlotRefused>(driver.Send(QueueDriver.Ask("a-9", "a") with { WaitAtMost = 25 * Second }));
        Assert.Equal((RefusalReason.DeadlineTooShort, 5 * Second), (refused.Reason, refused.RetryAfter));
        Assert.Equal(2, driver.Rules.Waiting);
        Assert.IsType<SlotQueued>(driver.Send(QueueDriver.Ask("a-10", "a") with { WaitAtMost = 30 * Second }));
    }

    [Fact]
    public void ADeadline_IsNotRefusedOnAGuess()
    {
        var driver = new QueueDriver(Options);
        driver.SendMany("a", 50);
        driver.Advance(5 * Second);
        Assert.IsType<SlotQueued>(driver.Send(QueueDriver.Ask("a-99", "a") with { WaitAtMost = Second }));
    }

    [Fact]
    public void RequestsThatWaitInSeveralQueues_CountForAsMuchOfThem()
    {
        // Ten one-slot backends, the same twenty requests in the queue of each: a slot comes free somewhere every second.
        var driver = Averaging(10, Options);
        driver.SendMany("running", 1);
        for (var i = 1; i <= 20; i++) driver.Send(QueueDriver.Ask($"a-{i}", "a") with { Queues = 10 });
        var queued = Assert.IsType<SlotQueued>(driver.Send(QueueDriver.Ask("a-21", "a") with { Queues = 10 }));
        Assert.Equal((21, 21, 2.1), (queued.Position, driver.Rules.Waiting, driver.Rules.WaitingShare));
        Assert.InRange(queued.Estimate!.Value, 18 * Second, 22 * Second);
    }

    [Fact]
    public void ThePositionOnArrival_IsTheForecastsWithinTwoPerUser() =>
        Prop.ForAll(Gen.Choose(0, 100_000).ArrayOf().ToArbitrary(), codes =>
        {
            var driver = new QueueDriver(Options);
            driver.Send(QueueDriver.Ask("warm-1", "warm"));
            for (var i = 0; i < codes.Length; i++)
            {
                var id = $"u{codes[i] % 6}-{i}";
                if (codes[i] % 3 == 0 && driver.Rules.Waiting > 0) driver.Finish(Second);
                if (driver.Send(QueueDriver.Ask(id, $"u{codes[i] % 6}", priority: codes[i] % 2)) is not SlotQueued queued) continue;
                var places = driver.Rules.Places(driver.Now).Select(p => p.RequestId).ToList();
                Assert.InRange(queued.Position - (places.IndexOf(id) + 1), -12, 12);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(250));

    [Fact]
    public void Rounds_CountWhatIsServedInThem() =>
        Prop.ForAll(Gen.Choose(1, 70).ArrayOf().ToArbitrary(), Gen.Choose(0, 80).ToArbitrary(), (users, rounds) =>
        {
            var counted = new Rounds();
            foreach (var requests in users)
            {
                for (var j = 1; j <= requests + 3; j++) counted.Grew(j);
                for (var j = requests + 3; j > requests; j--) counted.Shrank(j);
            }

            Assert.Equal(users.Sum(u => Math.Min(u, rounds)), counted.ServedIn(rounds));
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    /// <summary>A backend whose one inference so far has taken so many seconds.</summary>
    private static QueueDriver Averaging(int seconds, BackendOptions options)
    {
        var driver = new QueueDriver(options);
        driver.Send(QueueDriver.Ask("first-1", "first"));
        driver.Finish(TimeSpan.FromSeconds(seconds));
        return driver;
    }

    private static TimeSpan? Full(QueueDriver driver)
    {
        var refused = Assert.IsType<SlotRefused>(driver.Send("a"));
        Assert.Equal(RefusalReason.QueueFull, refused.Reason);
        return refused.RetryAfter;
    }
}
