using OrleansLlm.Api.Requests;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>What all bodies together may take.</summary>
public class BodyRoomRulesTests
{
    [Fact]
    public void AShare_GrowsWithItsBody_AndGivesBackWhatItHasTaken()
    {
        var room = new BodyRoom(100);
        var share = new BodyShare(room);
        Assert.True(share.GrowTo(60) && share.GrowTo(60) && share.GrowTo(70));
        Assert.Equal(30, room.Free);
        Assert.False(share.GrowTo(101));
        Assert.Equal(30, room.Free);
        Assert.True(share.GrowTo(100));
        share.Dispose();
        share.Dispose();
        Assert.Equal(100, room.Free);
    }

    [Fact]
    public async Task HoweverManyAtOnce_NeverMoreIsTakenThanThereIs()
    {
        const int Takers = 4, Times = 10_000_000;
        const long Size = 1000;
        var room = new BodyRoom(Size);
        var (overrun, granted) = (0L, 0L);
        using var all = new Barrier(Takers);
        await Task.WhenAll(Enumerable.Range(0, Takers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                all.SignalAndWait();
                for (var i = 0; i < Times; i++)
                {
                    // Of these only one fits at a time.
                    if (!room.TryTake((Size / 2) + 1)) continue;
                    Interlocked.Increment(ref granted);
                    if (room.Free < 0) Interlocked.Increment(ref overrun);
                    room.GiveBack((Size / 2) + 1);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(0, overrun);
        Assert.Equal(Size, room.Free);
        Assert.True(granted > 0);
    }
}
