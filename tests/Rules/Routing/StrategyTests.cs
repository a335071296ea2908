using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Routing;

namespace OrleansLlm.Tests.Rules.Routing;

public class StrategyTests
{
    private const int Draws = 20_000;

    [Fact]
    public void EveryPublishedStrategy_Exists() => Assert.All(RoutingStrategies.All, name => Assert.Equal(name, StrategyTable.Get(name).Name));

    [Fact]
    public void SimpleShuffle_PicksInProportionToWeight()
    {
        var counts = FirstPicks(Candidate("a", weight: 3), Candidate("b", weight: 1));
        Assert.InRange(counts["a"] / (double)Draws, 0.73, 0.77);
    }

    [Fact]
    public void SimpleShuffle_WithoutWeights_UsesRequestsPerMinute()
    {
        var counts = FirstPicks(Candidate("a", rpm: 900), Candidate("b", rpm: 100));
        Assert.InRange(counts["a"] / (double)Draws, 0.88, 0.92);
    }

    [Fact]
    public void SimpleShuffle_WithoutAnything_IsUniform()
    {
        var counts = FirstPicks(Candidate("a"), Candidate("b"), Candidate("c"));
        Assert.All(counts.Values, c => Assert.InRange(c / (double)Draws, 0.31, 0.36));
    }

    [Fact]
    public void SimpleShuffle_PutsTheUnweightedLastAndLosesNobody()
    {
        var order = new SimpleShuffle().Order([Candidate("none"), Candidate("a", weight: 1), Candidate("b", weight: 1)], new StrategyArguments(), new Random(1)).Select(c => c.Deployment.Id).ToList();
        Assert.Equal(3, order.Count);
        Assert.Equal("none", order[2]);
    }

    [Fact]
    public void LeastBusy_PrefersAFreeSlotThenTheShortestLine()
    {
        var order = new LeastBusy().Order(
        [
            Candidate("busy", backend: Snapshot(slots: 1, running: 1, waiting: 4)),
            Candidate("open", backend: Snapshot(slots: 1) with { Circuit = CircuitState.Open }),
            Candidate("shorter", backend: Snapshot(slots: 1, running: 1, waiting: 1)),
            Candidate("free", backend: Snapshot(slots: 8, running: 7)),
        ], new StrategyArguments(), new Random(1));
        Assert.Equal(["free", "shorter", "busy", "open"], order.Select(c => c.Deployment.Id));
    }

    private static Dictionary<string, int> FirstPicks(params CandidateState[] tier)
    {
        var random = new Random(7);
        var strategy = new SimpleShuffle();
        return Enumerable.Range(0, Draws).GroupBy(_ => strategy.Order(tier, new StrategyArguments(), random).First().Deployment.Id).ToDictionary(g => g.Key, g => g.Count());
    }

    private static CandidateState Candidate(string id, double? weight = null, double? rpm = null, BackendSnapshot? backend = null) => new(
        new Deployment
        {
            Id = id,
            Group = "g",
            ConfiguredModel = "ollama/m",
            Provider = "ollama",
            Model = "m",
            ApiBase = new Uri("http://a"),
            Backend = "http://a",
            Weight = weight,
            RequestsPerMinute = rpm,
        },
        backend);

    private static BackendSnapshot Snapshot(int slots, int running = 0, int waiting = 0) => new()
    {
        Name = "b",
        Url = "http://b",
        Slots = slots,
        Running = running,
        Waiting = waiting,
        Circuit = CircuitState.Closed,
        Health = HealthState.Up,
        Draining = false,
    };
}
