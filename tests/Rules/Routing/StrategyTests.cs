using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Routing;
using OrleansLlm.Tests.Rules.Catalog;

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

    [Fact]
    public void LatencyBased_TriesTheUnknownFirstThenTheFastest_AndTheSidelinedLast()
    {
        var order = new LatencyBased().Order(
            [Known("slow", first: 3), Known("sidelined", first: 1, sidelined: true), Known("fast", first: 2), Known("new")], new StrategyArguments(), new Random(1));
        Assert.Equal(["new", "fast", "slow", "sidelined"], order.Select(c => c.Deployment.Id));
    }

    [Fact]
    public void LatencyBased_DrawsAmongThoseWithinTheBuffer()
    {
        var arguments = new StrategyArguments { LatencyBuffer = 0.5 };
        var random = new Random(1);
        var firsts = Enumerable.Range(0, 200).Select(_ => new LatencyBased().Order([Known("a", first: 2), Known("b", first: 3), Known("c", first: 4)], arguments, random).First().Deployment.Id);
        Assert.Equal(["a", "b"], firsts.Distinct().Order());
    }

    [Theory]
    [InlineData(RoutingStrategies.Usage)]
    [InlineData(RoutingStrategies.UsageV2)]
    public void UsageBased_PrefersTheFewestTokensOfTheMinute_AndWhatIsUsedUpLast(string name)
    {
        var order = StrategyTable.Get(name).Order(
            [Known("much", tokens: 900), Known("full", tokens: 1, overLimit: true), Known("some", tokens: 10)], new StrategyArguments(), new Random(1));
        Assert.Equal(["some", "much", "full"], order.Select(c => c.Deployment.Id));
    }

    [Fact]
    public void CostBased_PrefersTheCheapest_TakesOllamaForFreeAndTheUnknownForDear()
    {
        CandidateState Priced(string id, string provider, double? price) => Known(id) with
        {
            Deployment = Known(id).Deployment with { Provider = provider, InputCostPerToken = price, OutputCostPerToken = price },
        };
        var order = new CostBased().Order(
            [Priced("unknown", "openai", null), Priced("dear", "openai", 2e-5), Priced("own", "ollama", null), Priced("cheap", "openai", 1e-6)], new StrategyArguments(), new Random(1));
        Assert.Equal(["own", "cheap", "dear", "unknown"], order.Select(c => c.Deployment.Id));
    }

    [Fact]
    public void SimpleFallback_MakesEachDeploymentATierOfItsOwnInTheOrderOfTheFile()
    {
        var candidates = CandidateOrder.Of([[Known("first"), Known("second"), Known("third")]], new SimpleFallback(), new StrategyArguments(), new Random(1));
        Assert.Equal([("first", 0), ("second", 1), ("third", 2)], candidates.Select(c => (c.DeploymentId, c.Tier)));
    }

    [Fact]
    public void Order_IsATierBelowEveryStrategy()
    {
        Deployment Tiered(string id, int? order) => Known(id).Deployment with { Order = order };
        var parts = CandidateParts.Of([Tiered("none", null), Tiered("two", 2), Tiered("one", 1)], new SimpleShuffle(), new StrategyArguments(), new Random(1), null);
        Assert.Equal(["one", "two", "none"], parts.Select(p => p.Deployments.Single().Id));
    }

    [Fact]
    public void Lateness_IsTheOwnNinetyFifthPercentile_OnceEnoughIsKnown()
    {
        var times = Enumerable.Range(1, 100).Select(i => TimeSpan.FromSeconds(i)).ToList();
        Assert.Equal(TimeSpan.FromSeconds(95), Lateness.Of(times, TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromSeconds(1), Lateness.Of(times[..19], TimeSpan.FromSeconds(1)));
        Assert.Null(Lateness.Of(times[..19], null));
    }

    private static CandidateState Known(string id, double? first = null, long tokens = 0, bool sidelined = false, bool overLimit = false) => Candidate(
        id,
        backend: Snapshot(slots: 1) with
        {
            Deployments =
            [
                new DeploymentSnapshot
                {
                    Id = id,
                    FirstToken = first is { } s ? TimeSpan.FromSeconds(s) : null,
                    TokensLastMinute = tokens,
                    SidelinedFor = sidelined ? TimeSpan.FromSeconds(5) : null,
                    OverLimit = overLimit,
                },
            ],
        });

    private static Dictionary<string, int> FirstPicks(params CandidateState[] tier)
    {
        var random = new Random(7);
        var strategy = new SimpleShuffle();
        return Enumerable.Range(0, Draws).GroupBy(_ => strategy.Order(tier, new StrategyArguments(), random).First().Deployment.Id).ToDictionary(g => g.Key, g => g.Count());
    }

    private static CandidateState Candidate(string id, double? weight = null, double? rpm = null, BackendSnapshot? backend = null) =>
        new(Deployments.Of(id, rpm, weight: weight), backend);

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
