using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

public class QueueNewsTests
{
    private readonly QueueNews _news = new();

    [Fact]
    public async Task AReaderThatWaits_IsToldTheNewest_Once()
    {
        var first = _news.WaitAsync(CancellationToken.None);
        Assert.False(first.IsCompleted);
        _news.Tell(Place(3));
        _news.Tell(Place(2));
        Assert.True(await first);
        Assert.Equal(Place(2), _news.Take());
        Assert.Null(_news.Take());
        var second = _news.WaitAsync(CancellationToken.None);
        Assert.False(second.IsCompleted);
        _news.Tell(Place(1));
        Assert.True(await second);
        Assert.Equal(Place(1), _news.Take());
    }

    [Fact]
    public async Task WhatWasToldBefore_IsThere_AndTheEndComesAfterIt()
    {
        _news.Tell(Place(1));
        _news.End();
        Assert.True(await _news.WaitAsync(CancellationToken.None));
        Assert.Equal(Place(1), _news.Take());
        Assert.False(await _news.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task ACancelledReader_EndsSo_AndTheNextOneFindsTheNews()
    {
        using var leave = new CancellationTokenSource();
        var left = _news.WaitAsync(leave.Token);
        await leave.CancelAsync();
        Assert.Equal(leave.Token, (await Assert.ThrowsAsync<OperationCanceledException>(async () => await left)).CancellationToken);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _news.WaitAsync(leave.Token));
        _news.Tell(Place(1));
        Assert.True(await _news.WaitAsync(CancellationToken.None));
    }

    /// <summary>From two threads at once: exactly one of them wakes the reader, and none is lost.</summary>
    [Fact]
    public async Task NewsAndCancellation_AtTheSameMoment_EndTheWaitOnce()
    {
        for (var i = 0; i < 500; i++)
        {
            var news = new QueueNews();
            using var leave = new CancellationTokenSource();
            var wait = news.WaitAsync(leave.Token);
            using var together = new Barrier(2);
            var tell = Task.Run(() =>
            {
                together.SignalAndWait();
                news.Tell(Place(1));
            });
            together.SignalAndWait();
            await leave.CancelAsync();
            await tell;
            var ended = wait.AsTask();
            await Task.WhenAny(ended);
            Assert.True(ended.IsCanceled || ended.IsFaulted || await ended);
            Assert.Equal(Place(1), news.Take());
        }
    }

    private static SlotQueued Place(int position) => new(position, null);
}
