using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>The number by which the metrics tell an unfair queue from a fair one.</summary>
public class FairnessLagTests
{
    private readonly PriorityLevel _level = new();
    private long _arrivals;
    private long _grants;

    [Fact]
    public void AFairQueue_LeavesNobodyFarBehind()
    {
        foreach (var user in (string[])["a", "b", "c"])
        {
            for (var i = 0; i < 40; i++) Add(user);
        }

        for (var i = 0; i < 60; i++)
        {
            Serve(_level.Next([], TimeSpan.Zero, TimeSpan.Zero));
            Assert.InRange(_level.WorstLag, 0, 1);
        }
    }

    [Fact]
    public void OneWhoIsPassedOver_FallsBehindByItsShareOfEachGrant()
    {
        var favoured = Enumerable.Range(0, 20).Select(_ => Add("favoured")).ToList();
        Add("passed-over");
        for (var i = 1; i <= 10; i++)
        {
            Serve(favoured[i]);
            Assert.Equal(i / 2.0, _level.WorstLag, 9);
        }

        // It counts from when it came.
        Add("late");
        Assert.Equal(5, _level.WorstLag, 9);
        Serve(favoured[11]);
        Assert.Equal(5 + (1 / 3.0), _level.WorstLag, 9);
    }

    [Fact]
    public void AShare_IsByWeight()
    {
        var light = Enumerable.Range(0, 10).Select(_ => Add("light")).ToList();
        Add("heavy", weight: 3);
        for (var i = 0; i < 4; i++) Serve(light[i]);
        Assert.Equal(3, _level.WorstLag, 9);
        // A weight that changes takes nothing back.
        Add("heavy", weight: 1);
        Assert.Equal(3, _level.WorstLag, 9);
        Serve(light[4]);
        Assert.Equal(3.5, _level.WorstLag, 9);
    }

    [Fact]
    public void AnEmptyQueue_IsFair() => Assert.Equal(0, _level.WorstLag);

    private Waiter Add(string user, double weight = 1)
    {
        var number = ++_arrivals;
        var waiter = new Waiter(new SlotRequest { RequestId = $"r{number}", User = user, Model = "m", Weight = weight }, number, TimeSpan.Zero, TimeSpan.MaxValue);
        _level.Add(waiter, lastGrant: 0);
        return waiter;
    }

    private void Serve(Waiter waiter) => _level.Serve(waiter, ++_grants);
}
