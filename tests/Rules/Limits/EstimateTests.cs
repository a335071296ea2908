using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Inference;
using OrleansLlm.Tests.Rules.Catalog;

namespace OrleansLlm.Tests.Rules.Limits;

/// <summary>What is reserved of budgets and token limits before anybody knows what a request uses.</summary>
public class EstimateTests
{
    [Theory]
    [InlineData(null, 131_072)]
    [InlineData(4096L, 4096)]
    public void AnEndlessAnswer_ReservesNoMoreMoneyThanTheModelCanWrite(long? bound, double cost) =>
        Assert.Equal(cost, Of(Ask("paid") with { MaxOutputTokens = 1_000_000_000 }, Group("paid", 1, bound)).Cost);

    [Fact]
    public void TheDearestOfAllThatMayServe_IsReserved_HoweverManyStepsAway()
    {
        ModelGroup[] groups = [Group("a", 0), Group("b", 0), Group("paid", 1)];
        var chain = Table(("a", ["b"]), ("b", ["paid"]));
        Assert.Equal((10d, false), Cost(new FallbackOptions { General = chain }));
        Assert.Equal((10d, false), Cost(new FallbackOptions { General = Table(("a", ["b"])), ContextWindow = Table(("b", ["paid"])) }));
        // Two steps are more than it may try.
        Assert.Equal((0d, true), Cost(new FallbackOptions { General = chain, Max = 1 }));
        Assert.Equal((0d, true), Cost(new FallbackOptions { General = Table(("a", ["b"]), ("b", ["a"])) }));

        (double, bool) Cost(FallbackOptions fallbacks)
        {
            var limits = TokenEstimate.For("r", Ask("a") with { MaxOutputTokens = 10 }, Catalog(new RoutingOptions { Fallbacks = fallbacks }, groups));
            return (limits.Cost, limits.IsFree);
        }
    }

    private static OrleansLlm.Limits.LimitRequest Of(InferenceRequest request, params ModelGroup[] groups) => TokenEstimate.For("r", request, Catalog(new RoutingOptions(), groups));

    private static GatewayCatalog Catalog(RoutingOptions routing, ModelGroup[] groups) =>
        new(groups, [], routing, new GatewaySettings { Limits = new LimitOptions { All = new RateLimits { Tokens = 1_000_000, Budget = new Budget { Max = 1 } } } });

    private static ModelGroup Group(string name, double price, long? bound = null) =>
        new(name, [Deployments.Of(name) with { Group = name, InputCostPerToken = 0, OutputCostPerToken = price, MaxOutputTokens = bound }]);

    private static InferenceRequest Ask(string model) => new() { Model = model, User = "user:ada", Body = ReadOnlyMemory<byte>.Empty, Stream = false, Created = 0 };

    private static ImmutableDictionary<string, ImmutableArray<string>> Table(params (string Group, ImmutableArray<string> Fallbacks)[] entries) => entries.ToImmutableDictionary(e => e.Group, e => e.Fallbacks);
}
