using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

public class BudgetBookTests
{
    /// <summary>A soft budget refuses nothing, and takes no hard one away.</summary>
    [Fact]
    public void ABudgetThatSaysPart_LeavesTheRestToTheConfiguredOne()
    {
        var configured = new RateLimits { Budget = Budget.Of(10, "1d", 8) };
        Assert.Equal(Budget.Of(10, "1d", 5), (new RateLimits { Budget = Budget.Of(null, null, 5) }).Over(configured).Budget);
        Assert.Equal(Budget.Of(3, null, 8), (new RateLimits { Budget = Budget.Of(3, null, null) }).Over(configured).Budget);
        Assert.Equal(configured.Budget, new RateLimits().Over(configured).Budget);
        Assert.Equal(Budget.Of(null, "7d", 5), (new RateLimits { Budget = Budget.Of(null, "7d", 5) }).Over(new RateLimits()).Budget);
    }

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(400);
    private static readonly DateTimeOffset Start = new(2026, 3, 10, 14, 25, 37, TimeSpan.Zero);

    /// <summary>Any number at once, each costing what it has reserved at most: the budget is overspent by less than one of them.</summary>
    [Fact]
    public void HoweverManyRunAtOnce_AtMostOneRequestIsPaidBeyondTheBudget() =>
        Prop.ForAll(Gen.Choose(0, 10_000_000).ArrayOf().ToArbitrary(), steps =>
        {
            const double Dearest = 0.9;
            const double Rounding = 1e-9;
            var (state, running, next) = (new BudgetState(), new List<LimitRequest>(), 0);
            var book = Book(state, new Budget { Max = 5 });
            foreach (var step in steps)
            {
                if (step % 3 < 2)
                {
                    var request = Ask($"r{next++}", (step / 3 % 10) / 10d);
                    if (book.Refuse(request, Start) is not null) continue;
                    book.Reserve(request);
                    running.Add(request);
                }
                else if (running.Count > 0)
                {
                    var ended = running[step / 3 % running.Count];
                    running.Remove(ended);
                    book.Settle(ended.RequestId, ended.Cost * (step / 7 % 4) / 3, Start);
                }

                Assert.True(state.Spent + running.Sum(r => r.Cost) < 5 + Dearest + Rounding);
                Assert.Equal(running.Sum(r => r.Cost), book.Reserved, 9);
            }

            foreach (var left in running) book.Settle(left.RequestId, left.Cost, Start);
            Assert.Equal(0, book.Reserved);
            Assert.True(state.Spent < 5 + Dearest + Rounding);
            return true;
        }).Check(Many);

    [Fact]
    public void ASpentBudget_SaysWhatItCosts_AndWhenItBeginsAnew()
    {
        var book = Book(new BudgetState(), new Budget { Max = 0.5, Duration = "1d" });
        Assert.Null(book.Refuse(Ask("a", 9), Start));
        book.Settle("a", 0.75, Start);
        var over = book.Refuse(Ask("b", 0), Start)!;
        Assert.Equal("Budget has been exceeded! Current cost: 0.75, Max budget: 0.5. This is the budget of key; it is reset at 2026-03-11T00:00:00Z.", over.Limit);
        Assert.Equal((LimitKind.Budget, true), (over.Kind, over.Never));
        Assert.NotNull(book.Refuse(Ask("b", 0), Start + over.RetryAfter - TimeSpan.FromTicks(1)));
        Assert.Null(book.Refuse(Ask("b", 0), Start + over.RetryAfter));
        Assert.Equal(new BudgetStanding("key", 0, 0.5, new DateTimeOffset(2026, 3, 12, 0, 0, 0, TimeSpan.Zero), null), book.Standing(Start + over.RetryAfter));
    }

    [Fact]
    public void WhatRunsHasReserved_IsRefusedForAMoment_AndComesBack()
    {
        var book = Book(new BudgetState(), new Budget { Max = 1 });
        book.Reserve(Ask("a", 1));
        var over = book.Refuse(Ask("b", 1), Start)!;
        Assert.Equal((TimeSpan.FromSeconds(1), false), (over.RetryAfter, over.Never));
        book.Settle("a", 0.1, Start);
        Assert.Null(book.Refuse(Ask("b", 1), Start));
    }

    [Fact]
    public void WhatALostInferenceHasReserved_ComesBack()
    {
        var book = Book(new BudgetState(), new Budget { Max = 1 });
        book.Reserve(Ask("lost", 1));
        book.Reserve(Ask("runs", 0.25));
        book.Release(id => id == "lost");
        Assert.Equal(0.25, book.Reserved);
    }

    [Fact]
    public void AModelThatIsFree_IsServedWithoutABudget_AndAnUnknownPriceIsNot()
    {
        var book = Book(new BudgetState { Spent = 2 }, new Budget { Max = 1 });
        Assert.NotNull(book.Refuse(Ask("a", 0), Start));
        Assert.Null(book.Refuse(Ask("a", 0) with { IsFree = true }, Start));
    }

    [Fact]
    public void ABudgetOfNothing_AdmitsNothing() => Assert.NotNull(Book(new BudgetState(), new Budget { Max = 0 }).Refuse(Ask("a", 1), Start));

    [Fact]
    public void ASoftBudget_IsToldOnceAPeriod_AndRefusesNothing()
    {
        var state = new BudgetState();
        var book = Book(state, new Budget { Soft = 1, Duration = "1d" });
        book.Settle("a", 0.9, Start);
        Assert.False(book.TakeWarning());
        Assert.Null(book.Standing(Start).SoftReached);
        book.Settle("b", 0.1, Start);
        Assert.True(book.TakeWarning());
        Assert.False(book.TakeWarning());
        Assert.Equal(1, book.Standing(Start).SoftReached);
        Assert.Null(book.Refuse(Ask("c", 5), Start));
        // Another activation has read that it was told.
        Assert.False(Book(state, new Budget { Soft = 1, Duration = "1d" }).TakeWarning());
        book.Settle("d", 1, Start.AddDays(1));
        Assert.True(book.TakeWarning());
    }

    [Fact]
    public void AnotherPeriod_BeginsAtOnce_AndAnotherMaximumForgetsNothing()
    {
        var book = Book(new BudgetState(), new Budget { Max = 1, Duration = "1d" });
        book.Settle("a", 1, Start);
        book.Reconfigure(new Budget { Max = 2, Duration = "30d" }, Start);
        Assert.Equal(new BudgetStanding("key", 1, 2, new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero), null), book.Standing(Start));
        book.Reconfigure(new Budget { Max = 2 }, Start);
        Assert.Equal((1, null), (book.Standing(Start.AddYears(1)).Spent, book.Standing(Start).ResetAt));
    }

    [Fact]
    public void ABudget_CountsFromWhenItIsSet_AndOneThatIsTakenBackCountsNoMore()
    {
        var state = new BudgetState();
        var book = new BudgetBook("user", state);
        book.Reconfigure(null, Start);
        Assert.False(book.Settle("before", 5, Start));
        book.Reconfigure(new Budget { Max = 1, Duration = "1d" }, Start);
        Assert.Equal(0, book.Standing(Start).Spent);
        book.Settle("first", 0.25, Start);
        // Nobody speaks of it for a while: it goes on.
        book.Reconfigure(null, Start);
        book.Settle("silent", 0.25, Start);
        Assert.Equal(0.5, book.Standing(Start).Spent);
        book.Reconfigure(null, Start, isTakenBack: true);
        book.Settle("between", 5, Start);
        book.Reconfigure(new Budget { Max = 1, Duration = "1d" }, Start);
        Assert.Equal(0.5, book.Standing(Start).Spent);
        // Another activation knows as much.
        book.Settle("last", 0.25, Start);
        Assert.Equal(0.75, new BudgetBook("user", state).Standing(Start).Spent);
    }

    [Theory]
    [InlineData("30d", "2026-04-01T00:00:00Z")]
    [InlineData("1d", "2026-03-11T00:00:00Z")]
    [InlineData("5h", "2026-03-10T15:00:00Z")]
    public void APeriodThatAClockAheadHasBegun_EndsWhenOneOfNowDoes(string duration, string end)
    {
        var state = new BudgetState();
        var ahead = Start.AddDays(1500);
        var book = new BudgetBook("key", state);
        book.Reconfigure(new Budget { Max = 1, Duration = duration }, ahead);
        book.Settle("a", 2, ahead);
        Assert.NotNull(book.Refuse(Ask("b", 0), Start));
        var ends = DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((2, ends), (book.Standing(Start).Spent, book.Standing(Start).ResetAt));
        Assert.Null(book.Refuse(Ask("b", 0), ends));
    }

    /// <summary>What is brought back is only ever what a clock ahead has made: with one that only goes forward no period ends before the time that it was told to end.</summary>
    [Fact]
    public void WithATimeThatOnlyGoesForward_NoPeriodIsCutShort() => Prop.ForAll(
        Gen.Elements("45s", "7000s", "7m", "90m", "5h", "36h", "1d", "3d", "7d", "2w", "30d", "1mo", "5mo")
            .SelectMany(duration => Gen.Choose(1, 4_000_000).NonEmptyListOf().Select(steps => (duration, steps))).ToArbitrary(),
        run =>
        {
            var now = Start;
            var book = Book(new BudgetState(), new Budget { Max = 1, Duration = run.duration });
            foreach (var step in run.steps)
            {
                var told = book.Standing(now).ResetAt!.Value;
                now = now.AddSeconds(step);
                if (now < told) Assert.Equal(told, book.Standing(now).ResetAt);
            }

            return true;
        }).Check(Many);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void ACostThatIsNone_IsNotCounted(double cost)
    {
        var state = new BudgetState();
        Book(state, new Budget { Max = 1 }).Settle("a", cost, Start);
        Assert.Equal(0, state.Spent);
    }

    private static LimitRequest Ask(string id, double cost) => new(id, 0, 0, Cost: cost);

    private static BudgetBook Book(BudgetState state, Budget budget)
    {
        var book = new BudgetBook("key", state);
        book.Reconfigure(budget, Start);
        return book;
    }
}
