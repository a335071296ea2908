using OrleansLlm.Api.Live;
using OrleansLlm.Grains.Recent;
using OrleansLlm.Recent;

namespace OrleansLlm.Tests.Rules.Live;

/// <summary>What the grain tells and what the front end makes of it: the two rules together.</summary>
public class StoryOrderTests
{
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(15);

    private readonly StoryOrder _order = new();
    private readonly StoryNews _news = new(ring: 1);

    public StoryOrderTests() => _news.Watch(Lasting, TimeSpan.Zero);

    [Fact]
    public void AsLongAsEverythingArrives_NothingIsMissed()
    {
        for (var i = 0; i < 20; i++)
        {
            _news.Add(Stories(i % 3), TimeSpan.Zero);
            Assert.False(_order.Missed(Take()));
        }
    }

    [Fact]
    public void NewsThatWereLost_AreMissedOnce_AndAnEmptyMessageTells()
    {
        _order.Missed(Take());
        _news.Add(Stories(1), TimeSpan.Zero);
        Take();
        _news.Watch(Lasting, TimeSpan.Zero);
        var empty = Take();
        Assert.Empty(empty.Stories);
        Assert.True(_order.Missed(empty));
        _news.Add(Stories(1), TimeSpan.Zero);
        Assert.False(_order.Missed(Take()));
    }

    [Fact]
    public void WhatEndedBeforeTheFirstNews_IsNotMissed()
    {
        _news.Add(Stories(5), TimeSpan.Zero);
        Take();
        _news.Add(Stories(1), TimeSpan.Zero);
        Assert.False(_order.Missed(Take()));
    }

    [Fact]
    public void WhatEndedBeforeTheFirstNewsAgain_IsNotMissed()
    {
        _order.Missed(Take());
        _news.Add(Stories(5), TimeSpan.Zero);
        Take();
        _order.Forget();
        Assert.False(_order.Missed(Take()));
    }

    [Fact]
    public void WhatEndedWhileTheGrainThoughtThatNobodyWatches_IsMissed()
    {
        _order.Missed(Take());
        Assert.False(_news.Add(Stories(2), Lasting));
        _news.Watch(Lasting, Lasting);
        Assert.True(_order.Missed(Take(Lasting)));
    }

    [Fact]
    public void WhatAnotherRingHasHadBefore_IsMissed_AndItsBeginningIsNot()
    {
        _order.Missed(Take());
        Assert.True(_order.Missed(new RequestNews([], Ring: 2, Before: 3)));
        Assert.False(_order.Missed(new RequestNews([], Ring: 3, Before: 0)));
    }

    [Fact]
    public void MoreThanIsKept_IsToldFromTheNewest_AndTheRestIsMissed()
    {
        _order.Missed(Take());
        _news.Add(Stories(StoryNews.Most), TimeSpan.Zero);
        _news.Add(Stories(7), TimeSpan.Zero);
        var news = Take();
        Assert.Equal((StoryNews.Most, 7), (news.Stories.Length, news.Before));
        Assert.True(_order.Missed(news));
    }

    [Fact]
    public void NewsAreDueOnce_UntilTheyAreTaken()
    {
        Take();
        Assert.True(_news.Add(Stories(1), TimeSpan.Zero));
        Assert.False(_news.Add(Stories(1), TimeSpan.Zero));
        Assert.False(_news.Watch(Lasting, TimeSpan.Zero));
        Assert.Equal(2, Take().Stories.Length);
        Assert.True(_news.Watch(Lasting, TimeSpan.Zero));
    }

    [Fact]
    public void NobodyWatches_NoNews()
    {
        _news.Add(Stories(1), TimeSpan.Zero);
        Assert.Null(_news.Take(Lasting));
    }

    private RequestNews Take(TimeSpan now = default) => _news.Take(now)!;

    private static RequestStory[] Stories(int count) => [.. Enumerable.Range(0, count).Select(i => new RequestStory
    {
        RequestId = $"r{i}",
        Time = DateTimeOffset.UnixEpoch,
        Node = "node",
        User = "anonymous",
        Model = "m",
        Status = "success",
    })];
}
