using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

public class LimitBooksTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(600);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    /// <summary>Requests and tokens of any minute, parallel requests, over crashes, late stores and orderly ends: see LimitModel.</summary>
    [Theory]
    [InlineData(100, null, null)]
    [InlineData(7, null, null)]
    [InlineData(null, 1000, null)]
    [InlineData(null, null, 3)]
    [InlineData(40, 500, 5)]
    public void AnyMixOfCrashesAndEnds_LetsNeverMoreThroughThanTheLimit_AndLeaksNothing(int? requests, int? tokens, int? parallel) =>
        Prop.ForAll(Gen.Choose(0, 10_000_000).ArrayOf().ToArbitrary(), commands =>
        {
            var model = new LimitModel(new RateLimits { Requests = requests, Tokens = tokens, Parallel = parallel });
            foreach (var command in commands) model.Step(command);
            model.Finish();
            return true;
        }).Check(Many);

    [Fact]
    public void ARefusal_TakesNothing()
    {
        var books = Books(new RateLimits { Requests = 10, Tokens = 100, Parallel = 2 });
        Assert.IsType<Admitted>(books.Admit(Ask("a", 60), Start));
        var over = Assert.IsType<OverLimit>(books.Admit(Ask("b", 41), Start));
        Assert.Equal((LimitKind.Tokens, 9L, 40L), (over.Kind, over.Standing.Requests!.Remaining, over.Standing.Tokens!.Remaining));
        Assert.IsType<Admitted>(books.Admit(Ask("c", 40), Start));
        Assert.Equal(LimitKind.Parallel, Assert.IsType<OverLimit>(books.Admit(Ask("d", 0), Start)).Kind);
        Assert.Equal(8, books.Standing(Start).Requests!.Remaining);
    }

    [Fact]
    public void RetryAfter_IsTrue()
    {
        var books = Books(new RateLimits { Requests = 2, Tokens = 100 });
        books.Admit(Ask("a", 90), Start);
        books.Admit(Ask("b", 1), Start + TimeSpan.FromSeconds(20));
        var now = Start + TimeSpan.FromSeconds(30);
        var over = Assert.IsType<OverLimit>(books.Admit(Ask("c", 100), now));
        // The requests would fit when "a" has left, the tokens only when "b" has as well.
        Assert.Equal(LimitKind.Tokens, over.Kind);
        Assert.IsType<OverLimit>(books.Admit(Ask("c", 100), now + over.RetryAfter - TimeSpan.FromTicks(1)));
        Assert.IsType<Admitted>(books.Admit(Ask("c", 100), now + over.RetryAfter));
    }

    [Fact]
    public void WhatWasNotUsed_ComesBack_AndWhatWasNotReservedIsCharged()
    {
        var books = Books(new RateLimits { Tokens = 100 });
        books.Admit(Ask("a", 80), Start);
        Assert.True(books.Settle(new Settlement("a", 10, 5), Start));
        Assert.Equal(85, books.Standing(Start).Tokens!.Remaining);
        books.Admit(Ask("b", 10), Start);
        Assert.True(books.Settle(new Settlement("b", 10, 40), Start));
        Assert.Equal(35, books.Standing(Start).Tokens!.Remaining);
        Assert.False(books.Settle(new Settlement("b", 10, 40), Start));
        Assert.Equal(35, books.Standing(Start).Tokens!.Remaining);
    }

    [Fact]
    public void AGuess_NeverMakesARequestTooLargeForItsLimit_ButABoundDoes()
    {
        var books = Books(new RateLimits { Tokens = 100 });
        Assert.IsType<Admitted>(books.Admit(new LimitRequest("a", 90, 1024), Start));
        Assert.Equal(0, books.Standing(Start).Tokens!.Remaining);
        var never = Assert.IsType<OverLimit>(Books(new RateLimits { Tokens = 100 }).Admit(Ask("b", 101), Start));
        Assert.Equal((true, TimeSpan.Zero), (never.Never, never.RetryAfter));
    }

    [Fact]
    public void AGuess_KeepsBackNoMoreThanAQuarter_SoThatASmallLimitServesSeveral()
    {
        var books = Books(new RateLimits { Tokens = 1000 });
        for (var i = 0; i < 50; i++)
        {
            Assert.IsType<Admitted>(books.Admit(new LimitRequest($"a{i}", 10, 1024), Start));
            Assert.True(books.Settle(new Settlement($"a{i}", 5, 5), Start));
        }

        var fresh = Books(new RateLimits { Tokens = 1000 });
        for (var i = 0; i < 3; i++) Assert.IsType<Admitted>(fresh.Admit(new LimitRequest($"a{i}", 10, 1024), Start));
        Assert.False(Assert.IsType<OverLimit>(fresh.Admit(new LimitRequest("b", 10, 1024), Start)).Never);
    }

    [Fact]
    public void AGuess_IsWhatAnswersHaveHadOfLate_AndABoundIsReservedAsItIs()
    {
        var books = Books(new RateLimits { Tokens = 100_000 });
        books.Admit(new LimitRequest("a", 10, 1024), Start);
        Assert.Equal(100_000 - 1034, books.Standing(Start).Tokens!.Remaining);
        books.Settle(new Settlement("a", 10, 10), Start);
        for (var i = 0; i < 40; i++) Assert.IsType<Admitted>(books.Admit(new LimitRequest($"b{i}", 10, 1024), Start));
        Assert.Equal(100_000 - 20 - (40 * 20), books.Standing(Start).Tokens!.Remaining);
        books.Admit(new LimitRequest("c", 10 + 4096, 0), Start);
        Assert.Equal(100_000 - 20 - (40 * 20) - 4106, books.Standing(Start).Tokens!.Remaining);
    }

    [Fact]
    public void TheLengthOfAnswers_RisesQuicklyAndFallsSlowly()
    {
        var lengths = new AnswerLengths();
        Assert.Null(lengths.Expected);
        lengths.Saw(100);
        lengths.Saw(0);
        Assert.Equal(100, lengths.Expected);
        lengths.Saw(1000);
        Assert.Equal(550, lengths.Expected);
        lengths.Saw(10);
        Assert.InRange(lengths.Expected!.Value, 480, 490);
    }

    [Fact]
    public void TheSameRequest_IsCountedOnce()
    {
        var books = Books(new RateLimits { Requests = 1, Tokens = 10, Parallel = 1 });
        Assert.IsType<Admitted>(books.Admit(Ask("a", 10), Start));
        Assert.IsType<Admitted>(books.Admit(Ask("a", 10), Start));
        Assert.Equal(1, books.Running(Start));
    }

    [Fact]
    public void AWithdrawnRequest_CostsNothing()
    {
        var books = Books(new RateLimits { Requests = 1, Tokens = 10, Parallel = 1 });
        books.Admit(Ask("a", 10), Start);
        books.Settle(new Settlement("a", 0, 0, Withdrawn: true), Start);
        Assert.IsType<Admitted>(books.Admit(Ask("b", 10), Start));
    }

    [Fact]
    public void AfterACrash_RunnersMakeThemselvesKnown_AndNobodyElseIsLetIn()
    {
        var limits = new RateLimits { Parallel = 2 };
        var before = Books(limits);
        before.Admit(Ask("a", 0), Start);
        before.Admit(Ask("b", 0), Start);
        var stored = new LimitState();
        before.Stored(before.Ahead(stored, Start));

        var after = new LimitBooks("x", limits, Lease);
        after.Recover(stored, TimeSpan.Zero, runnersOutlive: true, Start);
        after.Renew("a", Start);
        Assert.IsType<OverLimit>(after.Admit(Ask("c", 0), Start));
        // "b" did not live: its place is free when it could not have been silent for longer.
        after.Renew("a", Start + Lease - TimeSpan.FromTicks(1));
        Assert.IsType<OverLimit>(after.Admit(Ask("c", 0), Start + Lease - TimeSpan.FromTicks(1)));
        Assert.IsType<Admitted>(after.Admit(Ask("c", 0), Start + Lease));
    }

    [Fact]
    public void AfterACrash_ARequestThatIsStartedOver_IsOneOfThosePresumedToRun()
    {
        var limits = new RateLimits { Parallel = 2 };
        var before = Books(limits);
        before.Admit(Ask("a", 0), Start);
        before.Admit(Ask("b", 0), Start);
        Store(before);
        var after = new LimitBooks("x", limits, Lease);
        after.Recover(_stored, TimeSpan.Zero, runnersOutlive: true, Start);
        Assert.IsType<OverLimit>(after.Admit(Ask("c", 0), Start));
        Assert.IsType<Admitted>(after.Admit(Ask("a", 0) with { Again = true }, Start));
        // "b" lives, and was heard of before it was started over.
        after.Renew("b", Start);
        Assert.IsType<Admitted>(after.Admit(Ask("b", 0) with { Again = true }, Start));
        Assert.IsType<OverLimit>(after.Admit(Ask("c", 0) with { Again = true }, Start));
        Assert.Equal(2, after.Running(Start));
    }

    [Fact]
    public void AfterACrash_NobodyIsPresumedToRun_WhereNobodyDid()
    {
        var limits = new RateLimits { Parallel = 2 };
        var before = Books(limits);
        before.Admit(Ask("a", 0), Start);
        Store(before);
        before.Settle(new Settlement("a", 0, 0), Start);
        Store(before);
        var after = new LimitBooks("x", limits, Lease);
        after.Recover(_stored, TimeSpan.Zero, runnersOutlive: true, Start);
        Assert.IsType<Admitted>(after.Admit(Ask("b", 0), Start));
        // Neither here: but then it has to be written that there may be some.
        Assert.True(before.Admit(Ask("b", 0), Start) is Admitted && !before.IsCovered);
    }

    [Fact]
    public void ACrash_CostsTheCallerNoMoreThanABlock()
    {
        var limits = new RateLimits { Requests = 100 };
        var before = Books(limits);
        for (var i = 0; i < 60; i++)
        {
            before.Admit(Ask($"a{i}", 0), Start);
            if (!before.IsCovered) Store(before);
        }

        var after = new LimitBooks("x", limits, Lease);
        after.Recover(_stored, TimeSpan.Zero, runnersOutlive: true, Start);
        Assert.InRange(after.Standing(Start).Requests!.Remaining, 30, 40);
    }

    private LimitState _stored = new();

    private void Store(LimitBooks books)
    {
        _stored = new LimitState();
        books.Stored(books.Ahead(_stored, Start));
    }

    private static LimitBooks Books(RateLimits limits) => new("x", limits, Lease);

    private static LimitRequest Ask(string id, long tokens) => new(id, tokens, 0);
}
