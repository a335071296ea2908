using OrleansLlm.Api.Doors;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>A client is told within half a minute that nothing can begin, however slowly that is found out each time.</summary>
public class TriesTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(0, 9, 25)]
    [InlineData(5, 5, 28)]
    [InlineData(12, 3, 36.5)]
    [InlineData(60, 1, 60)]
    public async Task TheLastTryBegins_AtMost25SecondsAfterTheFirst(double each, int most, double seconds)
    {
        var began = _time.GetTimestamp();
        var tries = new Tries(_time);
        while (true)
        {
            _time.Advance(TimeSpan.FromSeconds(each));
            tries.Lose(hadContact: false);
            if (!tries.MayGoOn) break;
            await PauseAsync(tries);
        }

        Assert.InRange(tries.Attempt, 1, most);
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, seconds - 0.5, seconds + 0.5);
    }

    /// <summary>An hour in a queue is no reason not to begin again when the node of the queue dies.</summary>
    [Fact]
    public async Task WhatWasUnderWay_HasItsTimeFromTheLossOn()
    {
        var tries = new Tries(_time);
        _time.Advance(TimeSpan.FromHours(1));
        tries.Lose(hadContact: true);
        Assert.True(tries.MayGoOn);
        await PauseAsync(tries);
        _time.Advance(TimeSpan.FromSeconds(20));
        tries.Lose(hadContact: false);
        Assert.True(tries.MayGoOn);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(tries.MayGoOn);
    }

    private async Task PauseAsync(Tries tries)
    {
        var pause = tries.PauseAsync(CancellationToken.None);
        while (!pause.IsCompleted) _time.Advance(TimeSpan.FromSeconds(0.1));
        await pause;
    }
}
