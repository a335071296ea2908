using OrleansLlm.Bench.Queue;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>The claims of docs/scheduling.md, on smaller runs of the same simulations. Seeded: the same every time.</summary>
public class SimulationTests
{
    private const int Requests = 60_000;

    /// <summary>Answers are so unequal that in one short run of ten a single one fills a queue for long enough to move a p99.</summary>
    private const int Seed = 1;

    [Theory]
    [InlineData(10)]
    [InlineData(4)]
    public void LateBinding_BeatsEveryChoiceMadeUpFront(int backends)
    {
        var p99 = Choice.All().ToDictionary(c => c.Name, c => WaitStudy.Run(c, backends, Requests, Seed).P99, StringComparer.Ordinal);
        var late = p99["late binding"];
        Assert.All(p99.Where(p => p.Key != "late binding"), p => Assert.True(late < p.Value, $"{p.Key}: {p.Value:F1}, late binding: {late:F1}"));
        Assert.InRange(late, backends == 10 ? 2 : 7, backends == 10 ? 4.5 : 13);
        Assert.InRange(p99["random"], 35, 90);
        Assert.True(p99["least busy, exact"] < p99["round robin"]);
        Assert.True(p99["least busy, snapshot 0.5 old"] > 2 * late || backends < 10);
    }

    [Fact]
    public void EqualUsers_AreServedEqually_AndASingleRequestGoesPastTheirQueues()
    {
        var fair = FairnessStudy.Run(fair: true, backends: 4, Requests / 3, Seed);
        Assert.True(fair.Jain >= 0.99, $"Jain {fair.Jain}");
        Assert.InRange(fair.Rare.Mean, 0, 1);
        var fifo = FairnessStudy.Run(fair: false, backends: 4, Requests / 3, Seed);
        Assert.InRange(fifo.Jain, 0, 0.9);
        Assert.True(fifo.Rare.Mean > 50 * fair.Rare.Mean);
    }

    [Fact]
    public void PatienceForModels_SavesLoads_AndTakesNothingFromEitherUser()
    {
        var without = ModelStudy.Run(TimeSpan.Zero, 5_000, Seed);
        var with = ModelStudy.Run(TimeSpan.FromSeconds(10), 5_000, Seed);
        Assert.True(with.LoadsPerHundred < without.LoadsPerHundred / 3, $"{with.LoadsPerHundred} of {without.LoadsPerHundred}");
        Assert.True(with.Throughput > 1.5 * without.Throughput);
        Assert.True(with.Jain > 0.99);
    }
}
