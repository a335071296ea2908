using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

public class QueueNewsTests
{
    private static readonly SlotGranted Granted = new(TimeSpan.FromSeconds(10), IsProbe: false);
    private readonly QueueNews _news = new(cameInAt: 4, wantsPlaces: false);

    [Fact]
    public async Task WhoAsks_IsToldWhatComes_AndWhereItCameIn()
    {
        var question = _news.AskAsync(At(0));
        Assert.False(question.IsCompleted);
        Assert.True(_news.Tell(Granted, At(1)));
        Assert.Equal(Granted with { CameInAt = 4 }, await question);
    }

    [Fact]
    public async Task WhatIsDecidedBetweenTwoQuestions_IsKept_TheNewestOnly()
    {
        Assert.False(_news.Tell(new SlotQueued(3, null), At(0)));
        Assert.False(_news.Tell(Granted, At(0)));
        Assert.IsType<SlotGranted>(await _news.AskAsync(At(1)));
        Assert.False(_news.AskAsync(At(1)).IsCompleted);
    }

    /// <summary>The node that asked has died, and the request has begun again elsewhere under the same id.</summary>
    [Fact]
    public async Task ASecondQuestion_LetsTheFirstGo()
    {
        var first = _news.AskAsync(At(0));
        var second = _news.AskAsync(At(1));
        Assert.Equal(SlotRefused.Withdrawn, await first);
        _news.Tell(Granted, At(2));
        Assert.IsType<SlotGranted>(await second);
    }

    [Fact]
    public async Task AQuestion_IsAnswered_BeforeItIsOpenForTooLong()
    {
        var question = _news.AskAsync(At(0));
        _news.BreakSilence(At(5), next: At(5));
        Assert.False(question.IsCompleted);
        _news.BreakSilence(At(8), next: At(5));
        Assert.Equal(0, Assert.IsType<SlotQueued>(await question).Position);
    }

    [Fact]
    public void WhoDoesNotAskAnyMore_IsAbandoned_ButNotWhoWaitsForAnAnswer()
    {
        _news.AskAsync(At(0));
        Assert.False(_news.IsAbandoned(At(1000)));
        _news.End();
        _news.AskAsync(At(1000));
        _news.Tell(SlotQueued.NothingNew, At(1001));
        Assert.False(_news.IsAbandoned(At(1031)));
        Assert.True(_news.IsAbandoned(At(1032)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
