using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Inference;

public class TokenLogTests
{
    private const int Bound = 1000;

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(300);

    [Fact]
    public void AnEmptyLog_HasAnEmptyFirstPage_AndNothingBeyond()
    {
        var log = new TokenLog(Bound);
        var page = Assert.IsType<LogPage>(log.Read(0));
        Assert.Equal((0L, 0, -1L, false), (page.From, page.Events.Length, page.Last, page.Ended));
        Assert.Equal(LogRefusal.Beyond, Assert.IsType<LogRefused>(log.Read(1)).Reason);
    }

    [Fact]
    public void TheEnd_IsTheLastEvent_AndThePageAfterItIsEmpty()
    {
        var log = Filled(3);
        log.Append(new InferenceCompleted(1, 2, TimeSpan.Zero));
        var last = Assert.IsType<LogPage>(log.Read(3));
        Assert.True(last.Ended && last.Events[^1].IsEnd);
        var after = Assert.IsType<LogPage>(log.Read(4));
        Assert.True(after.Ended && after.Events.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => log.Append(Token("x")));
    }

    [Fact]
    public void AFullLog_DropsItsOldestEvents_AndSaysWhichAreLeft()
    {
        var log = new TokenLog(Bound);
        for (var i = 0; i < 100; i++) log.Append(Token(new string('x', 36)));
        // 36 bytes and the overhead of 64 make 100: ten fit.
        Assert.Equal((Bound, 90L, 99L), (log.Bytes, log.First, log.Last));
        var refused = Assert.IsType<LogRefused>(log.Read(89));
        Assert.Equal((LogRefusal.Gone, 90L), (refused.Reason, refused.First));
        Assert.Equal(10, Assert.IsType<LogPage>(log.Read(90)).Events.Length);
    }

    [Fact]
    public void AnEventLargerThanTheLog_IsStillReadByWhoIsThere()
    {
        var log = new TokenLog(Bound);
        log.Append(Token("small"));
        log.Append(Token(new string('x', 5 * Bound)));
        Assert.Equal((1L, 1L), (log.First, log.Last));
        Assert.Single(Assert.IsType<LogPage>(log.Read(1)).Events);
    }

    [Fact]
    public void APage_IsBoundedByEventsAndByBytes_ButNeverEmptyBeforeTheEnd()
    {
        var log = new TokenLog(long.MaxValue);
        for (var i = 0; i < 2000; i++) log.Append(Token("x"));
        Assert.Equal(TokenLog.MaxPageEvents, Assert.IsType<LogPage>(log.Read(0, int.MaxValue)).Events.Length);
        Assert.Equal(7, Assert.IsType<LogPage>(log.Read(0, 7)).Events.Length);
        Assert.Empty(Assert.IsType<LogPage>(log.Read(0, 0)).Events);
        log.Append(Token(new string('x', (int)TokenLog.MaxPageBytes)));
        log.Append(Token("x"));
        Assert.Single(Assert.IsType<LogPage>(log.Read(1999)).Events);
        Assert.Single(Assert.IsType<LogPage>(log.Read(2000)).Events);
    }

    [Fact]
    public void WhatHasArrived_CanBeForgotten_AndOnlyThat()
    {
        var log = Filled(10);
        log.ForgetBefore(4);
        log.ForgetBefore(2);
        Assert.Equal((4L, 9L, 6 * (TokenLog.EventOverhead + 1)), (log.First, log.Last, log.Bytes));
        log.ForgetBefore(1000);
        Assert.Equal((10L, 9L, 0L), (log.First, log.Last, log.Bytes));
        log.Append(Token("x"));
        Assert.Equal((10L, 10L), (log.First, log.Last));
        Assert.Single(Assert.IsType<LogPage>(log.Read(10)).Events);
    }

    /// <summary>Against a plain list that keeps everything: numbers never change, the bound holds, and every page is a piece of the list.</summary>
    [Fact]
    public void AnySequence_OfAppendForgetAndRead_IsAPieceOfWhatWasAppended() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(), commands =>
        {
            var log = new TokenLog(Bound);
            var all = new List<InferenceEvent>();
            foreach (var command in commands)
            {
                var argument = command / 4;
                if (command % 4 < 2)
                {
                    all.Add(Token(new string('x', argument % 300)));
                    log.Append(all[^1]);
                }
                else if (command % 4 == 2 && all.Count > 0)
                {
                    log.ForgetBefore(argument % (all.Count + 1));
                }

                Assert.Equal(all.Count - 1, log.Last);
                Assert.True(log.Bytes <= Bound);
                Assert.Equal(all.Skip((int)log.First).Sum(TokenLog.SizeOf), log.Bytes);
                var from = argument % (all.Count + 3);
                var max = argument % 9;
                switch (log.Read(from, max))
                {
                    case LogPage page:
                        Assert.InRange(from, log.First, log.Last + 1);
                        Assert.Equal(all.Skip(from).Take(max), page.Events);
                        Assert.Equal((from, log.Last), (page.From, page.Last));
                        break;
                    case LogRefused { Reason: LogRefusal.Gone, First: var first }:
                        Assert.True(from < first && first == log.First);
                        break;
                    case LogRefused { Reason: LogRefusal.Beyond, Last: var last }:
                        Assert.True(from > last + 1 && last == log.Last);
                        break;
                    case var other:
                        Assert.Fail($"{other}");
                        break;
                }
            }

            return true;
        }).Check(Many);

    private static TokenLog Filled(int events)
    {
        var log = new TokenLog(long.MaxValue);
        for (var i = 0; i < events; i++) log.Append(Token("x"));
        return log;
    }

    private static TokenChunk Token(string json) => new(Encoding.UTF8.GetBytes(json));
}
