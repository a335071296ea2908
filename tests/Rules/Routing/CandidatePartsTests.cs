using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Routing;

namespace OrleansLlm.Tests.Rules.Routing;

/// <summary>How a model with very many backends is asked: some of them first, by chance, and nobody is forgotten.</summary>
public class CandidatePartsTests
{
    private static readonly StrategyArguments Arguments = new();

    [Fact]
    public void EveryDeployment_IsInOnePart_AndThePartsKeepTheOrder() => Prop.ForAll<PositiveInt, PositiveInt, int>((count, orders, seed) =>
    {
        var random = new Random(seed);
        var rule = StrategyTable.Get(RoutingStrategies.All[random.Next(RoutingStrategies.All.Length)]);
        var group = Enumerable.Range(0, count.Get * 7).Select(i => Of(i) with { Order = i % orders.Get is var order && order == 0 ? null : order, Weight = i % 3 }).ToList();
        var parts = CandidateParts.Of(group, rule, Arguments, random, seed % 2 == 0 ? null : (ulong)random.NextInt64());
        Assert.Equal(group.Select(d => d.Id).Order(), parts.SelectMany(p => p.Deployments).Select(d => d.Id).Order());
        Assert.Equal(group.Select(d => d.Order ?? int.MaxValue).Order(), parts.SelectMany(p => p.Deployments).Select(d => d.Order ?? int.MaxValue));
        Assert.All(parts, p => Assert.True(rule.IsStrict || p.Deployments.Count <= CandidateParts.MostWhole));
        Assert.All(parts.GroupBy(p => p.Deployments[0].Order), tier => Assert.Equal(1, tier.Count(p => p.Asked)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void AGroupThatIsNotVeryLarge_IsOnePart()
    {
        var group = Group(CandidateParts.MostWhole);
        Assert.Equal(group, CandidateParts.Of(group, new LeastBusy(), Arguments, new Random(1), 5).Single().Deployments);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7UL)]
    public void EveryBackendOfManyIsAskedFirst_AboutAsOften(ulong? conversation)
    {
        var (group, random) = (Group(320), new Random(3));
        var firsts = Enumerable.Range(0, 4000)
            .SelectMany(i => CandidateParts.Of(group, new LeastBusy(), Arguments, random, conversation + (ulong)i)[0].Deployments)
            .CountBy(d => d.Id).Select(c => c.Value).ToList();
        // A tenth of 4,000 each.
        Assert.Equal(320, firsts.Count);
        Assert.All(firsts, count => Assert.InRange(count, 310, 490));
    }

    [Fact]
    public void AConversation_MeetsHalfOfItsBackendsAgain()
    {
        var (group, random) = (Group(1000), new Random(3));
        var always = Enumerable.Range(0, 50).Select(_ => First(42)).Aggregate((a, b) => a.Intersect(b)).ToList();
        Assert.Equal(CandidateParts.Size / 2, always.Count);
        Assert.NotEqual(always.Order(), Enumerable.Range(0, 50).Select(_ => First(43)).Aggregate((a, b) => a.Intersect(b)).Order());
        Assert.Empty(Enumerable.Range(0, 50).Select(_ => First(null)).Aggregate((a, b) => a.Intersect(b)));

        IEnumerable<string> First(ulong? conversation) => CandidateParts.Of(group, new LeastBusy(), Arguments, random, conversation)[0].Deployments.Select(d => d.Id);
    }

    [Fact]
    public void TheCheapestOfMany_ComeFirst()
    {
        var group = Group(500).Select((d, i) => d with { Provider = "openai", InputCostPerToken = i % 50 == 0 ? 1e-6 : 1e-5, OutputCostPerToken = 0 }).ToList();
        Assert.All(CandidateParts.Of(group, new CostBased(), Arguments, new Random(1), 9)[0].Deployments.Take(10), d => Assert.Equal(1e-6, d.InputCostPerToken));
    }

    private static List<Deployment> Group(int count) => [.. Enumerable.Range(0, count).Select(Of)];

    private static Deployment Of(int number) => new()
    {
        Id = $"d{number:d4}", Group = "g", Model = "m", ConfiguredModel = "ollama/m", Provider = "ollama", ApiBase = new Uri($"http://b{number}"), Backend = $"http://b{number}",
    };
}
