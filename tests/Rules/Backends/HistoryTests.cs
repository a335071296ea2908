using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>What is remembered of the last 15 minutes, and when those who watch are told.</summary>
public class HistoryTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void WhatEnds_IsCountedInItsPiece_AndForgottenAfterFifteenMinutes()
    {
        var history = new BackendHistory();
        history.Ended(Release(SlotOutcome.Succeeded, tokens: 10), 1 * Second);
        history.Ended(Release(SlotOutcome.Failed), 2 * Second);
        history.Ended(Release(SlotOutcome.ClientGone, tokens: 3), 3 * Second);
        history.Ended(Release(SlotOutcome.Withdrawn), 4 * Second);
        history.Ended(Release(SlotOutcome.Succeeded, tokens: 5), 16 * Second);
        Assert.Equal(
            [new BackendMoment(17 * Second, 1, 1, 13, 0, 0), new BackendMoment(2 * Second, 1, 0, 5, 0, 0)], history.Moments(17 * Second));
        Assert.Equal(5, Assert.Single(history.Moments(BackendHistory.Pieces * BackendHistory.Piece + Second)).Tokens);
        Assert.Empty(history.Moments(2 * BackendHistory.Pieces * BackendHistory.Piece));
    }

    [Fact]
    public void APiece_RemembersTheMostThatRanAndWaited()
    {
        var history = new BackendHistory();
        history.Stands(1, 5, Second);
        history.Stands(2, 3, 2 * Second);
        history.Stands(0, 0, 3 * Second);
        Assert.Equal((2, 5), (history.Moments(4 * Second).Single().Running, history.Moments(4 * Second).Single().Waiting));
    }

    [Fact]
    public void TheRing_IsUsedAnew_WithoutWhatWasThere()
    {
        var history = new BackendHistory();
        for (var piece = 0; piece < 3 * BackendHistory.Pieces; piece++) history.Ended(Release(SlotOutcome.Succeeded, tokens: piece), piece * BackendHistory.Piece);
        var moments = history.Moments((3 * BackendHistory.Pieces - 1) * BackendHistory.Piece);
        Assert.Equal(Enumerable.Range(2 * BackendHistory.Pieces, BackendHistory.Pieces).Select(t => (long)t), moments.Select(m => m.Tokens));
    }

    [Fact]
    public void FirstTokens_AreToldByTheirMiddleAndTheirNinetyFifth()
    {
        var history = new BackendHistory();
        Assert.Null(history.FirstToken(0.5, Second));
        foreach (var i in Enumerable.Range(1, 100).Reverse()) history.Ended(Release(SlotOutcome.Succeeded, first: TimeSpan.FromMilliseconds(i)), Second);
        Assert.Equal(TimeSpan.FromMilliseconds(50), history.FirstToken(0.5, Second));
        Assert.Equal(TimeSpan.FromMilliseconds(95), history.FirstToken(0.95, Second));
        Assert.Null(history.FirstToken(0.5, TimeSpan.FromMinutes(16)));
    }

    [Fact]
    public void TokensPerSecond_AreThoseOfTheLastMinute()
    {
        var history = new BackendHistory();
        history.Ended(Release(SlotOutcome.Succeeded, tokens: 600), TimeSpan.FromMinutes(10));
        Assert.InRange(history.TokensPerSecond(TimeSpan.FromMinutes(10) + 14 * Second), 10, 14);
        Assert.Equal(0, history.TokensPerSecond(TimeSpan.FromMinutes(11) + Second));
    }

    [Fact]
    public void NobodyIsTold_UnlessSomebodyWatches_AndManyChangesAreOnePieceOfNews()
    {
        var watched = new Watched();
        Assert.False(watched.Changed(Second));
        watched.Watch(15 * Second, Second);
        Assert.True(watched.Changed(2 * Second));
        Assert.False(watched.Changed(2 * Second));
        Assert.True(watched.Take(3 * Second));
        Assert.True(watched.Changed(3 * Second));
        // Who watched has left before the news went out.
        Assert.False(watched.Take(16 * Second));
        Assert.False(watched.Changed(16 * Second));
    }

    [Fact]
    public void AStatus_NamesWhoRunsAndWhoWaits_InTheOrderOfService()
    {
        var rules = new BackendRules(BackendModel.Options());
        rules.TryAcquire(Request("r", "ada", 0), Second);
        rules.Enqueue(Request("late", "bob", 7), 2 * Second);
        rules.Enqueue(Request("soon", "eve", 0), 3 * Second);
        var status = rules.Status(rules.Snapshot(new(), 5 * Second), "node", DateTimeOffset.UnixEpoch, 5 * Second);
        Assert.Equal([new SlotHolder("r", "user:ada", "hash-ada", "m", 4 * Second)], status.Holders);
        Assert.Equal(
            [new WaitingRequest("soon", "user:eve", "hash-eve", "m", 1, 2 * Second, 0), new WaitingRequest("late", "user:bob", "hash-bob", "m", 2, 3 * Second, 7)], status.Waiters);
        Assert.Equal((1, 2), (status.History.Single().Running, status.History.Single().Waiting));
    }

    [Fact]
    public void Reset_ClosesTheCircuitAndForgetsFaults()
    {
        var rules = new BackendRules(BackendModel.Options());
        rules.TryAcquire(Request("a", "u", 0), Second);
        rules.Release(Release(SlotOutcome.KeyRefused) with { RequestId = "a" }, 2 * Second);
        Assert.IsType<SlotRefused>(rules.TryAcquire(Request("b", "u", 0), 2 * Second));
        rules.Reset(2 * Second);
        Assert.Equal(CircuitState.Closed, rules.Circuit);
        Assert.Null(rules.LastError);
        Assert.IsType<SlotGranted>(rules.TryAcquire(Request("b", "u", 0), 2 * Second));
        rules.Release(Release(SlotOutcome.ModelRefused) with { RequestId = "b" }, 3 * Second);
        Assert.Equal(RefusalReason.Sidelined, Assert.IsType<SlotRefused>(rules.TryAcquire(Request("c", "u", 0), 3 * Second)).Reason);
        rules.Reset(3 * Second);
        Assert.IsType<SlotGranted>(rules.TryAcquire(Request("c", "u", 0), 3 * Second));
    }

    private static SlotRequest Request(string id, string user, int priority) =>
        new() { RequestId = id, User = "user:" + user, Key = "hash-" + user, Model = "m", Priority = priority, DeploymentId = "d0" };

    private static SlotRelease Release(SlotOutcome outcome, int tokens = 0, TimeSpan? first = null) =>
        new() { RequestId = "r", Outcome = outcome, CompletionTokens = tokens, TimeToFirstToken = first, Error = "broken" };
}
