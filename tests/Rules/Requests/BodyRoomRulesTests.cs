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
        const long Size = 1000;
        var room = new BodyRoom(Size);
        var (taken, most, refused) = (0L, 0L, 0);
        using var all = new Barrier(8);
        await Task.WhenAll(Enumerable.Range(1, 8).Select(seed => Task.Factory.StartNew(
            () =>
            {
                var dice = new Random(seed);
                all.SignalAndWait();
                for (var i = 0; i < 20_000; i++)
                {
                    var size = dice.Next(1, 600);
                    if (!room.TryTake(size))
                    {
                        Interlocked.Increment(ref refused);
                        continue;
                    }

                    var now = Interlocked.Add(ref taken, size);
                    for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, now, seen);
                    Thread.Yield();
                    Interlocked.Add(ref taken, -size);
                    room.GiveBack(size);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.InRange(most, 1, Size);
        Assert.Equal(Size, room.Free);
    }
}
