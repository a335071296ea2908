using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Inference;

public class FallbackPlanTests
{
    private static readonly RoutingOptions Routing = new()
    {
        Fallbacks = new FallbackOptions
        {
            General = Table(("a", ["b", "c"]), ("b", ["deep", "a"])),
            ContextWindow = Table(("a", ["long"])),
            ContentPolicy = Table(("a", ["lenient"])),
            Default = ["spare"],
        },
    };

    [Fact]
    public void AFailedGroup_IsFollowedByItsFallbacks_AndEachOfTheseByItsOwn() => Assert.Equal(["b", "deep", "spare", "c"], Walk(Routing, Ask("a")));

    [Fact]
    public void AGroupWithoutAnEntry_HasTheDefault() => Assert.Equal(["spare"], Walk(Routing, Ask("other")));

    [Theory]
    [InlineData((int)FailureClass.ContextWindow, "long")]
    [InlineData((int)FailureClass.ContentPolicy, "lenient")]
    [InlineData((int)FailureClass.Other, "b")]
    public void TheKindOfFailure_ChoosesTheTable(int kind, string first) => Assert.Equal(first, new FallbackPlan(Routing, Ask("a")).Next("a", (FailureClass)kind)!.Model);

    [Fact]
    public void AKindWithoutATable_FallsBackAsUsual() => Assert.Equal("deep", new FallbackPlan(Routing, Ask("b")).Next("b", FailureClass.ContextWindow)!.Model);

    [Fact]
    public void NoMoreThanTheMaximum_AreTried()
    {
        Assert.Equal(["b", "deep"], Walk(Routing with { Fallbacks = Routing.Fallbacks with { Max = 2 } }, Ask("a")));
        Assert.Equal(["b"], Walk(Routing, Ask("a") with { MaxFallbacks = 1 }));
        Assert.Empty(Walk(Routing, Ask("a") with { DisableFallbacks = true }));
    }

    [Fact]
    public void TheBodysFallbacks_TakeThePlaceOfAllOthers_AndMayNameTheModelItself()
    {
        var request = Ask("a") with { Fallbacks = [new FallbackTarget("x"), new FallbackTarget("a")] };
        Assert.Equal(["x", "a"], Walk(Routing, request));
        Assert.Empty(Walk(Routing, request with { DisableFallbacks = true }));
    }

    [Fact]
    public void TheBodysFallbacksByGroup_TakeThePlaceOfTheConfigured_ForEachGroupThatFails()
    {
        var request = Ask("a") with { Fallbacks = [For("a", "x"), For("x", "y"), For("z", "never"), For("*", "any")] };
        Assert.Equal(["x", "y", "any"], Walk(Routing, request));
        Assert.Equal(["x", "y", "any"], Walk(Routing, request with { Model = "openai/a" }));
        Assert.Equal(["any"], Walk(Routing, request with { Model = "b" }));
        Assert.Empty(Walk(Routing, Ask("a") with { Fallbacks = [For("z", "x")] }));
    }

    [Fact]
    public void TheBodysFallbacksForOneKindOfFailure_LeaveTheOthersAsTheyAreConfigured()
    {
        var request = Ask("a") with { Fallbacks = [new FallbackTarget("x") { Kind = FallbackKind.ContextWindow }, For("x", "y") with { Kind = FallbackKind.ContextWindow }] };
        var plan = new FallbackPlan(Routing, request);
        Assert.Equal("x", plan.Next("a", FailureClass.ContextWindow)!.Model);
        Assert.Equal("y", plan.Next("x", FailureClass.ContextWindow)!.Model);
        Assert.Equal("lenient", new FallbackPlan(Routing, request).Next("a", FailureClass.ContentPolicy)!.Model);
        Assert.Equal(["b", "deep", "spare", "c"], Walk(Routing, request));
    }

    [Fact]
    public void AListOfTheBodys_ComesAfterWhatItNamesForTheKindOfFailure()
    {
        var plan = new FallbackPlan(Routing, Ask("a") with { Fallbacks = [new FallbackTarget("x"), new FallbackTarget("large") { Kind = FallbackKind.ContextWindow }] });
        Assert.Equal("large", plan.Next("a", FailureClass.ContextWindow)!.Model);
        Assert.Equal("x", plan.Next("large", FailureClass.Other)!.Model);
        Assert.Null(plan.Next("x", FailureClass.ContextWindow));
    }

    [Fact]
    public void WhoMayStandIn_IsAllThatTheBodyNames_AndWhatItLeavesConfigured()
    {
        Assert.Equal(["x"], Routing.StandInsFor("a", [For("a", "x")], false, null));
        var standIns = Routing.StandInsFor("a", [new FallbackTarget("x") { Kind = FallbackKind.ContextWindow }], false, null);
        Assert.Superset(new HashSet<string> { "x", "b", "c", "lenient" }, standIns.ToHashSet());
    }

    private static FallbackTarget For(string group, string model) => new(model) { Group = group };

    [Fact]
    public void AnAliasOfAList_HasTheRestOfItAndThenTheFallbacksOfItsFirst()
    {
        var routing = Routing with { ModelGroupAlias = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("good", ["a", "x"]) };
        Assert.Equal(["x", "b", "c"], routing.FallbacksFor("good"));
        Assert.Equal(["x", "long"], routing.FallbacksFor("good", FallbackKind.ContextWindow));
    }

    [Fact]
    public void ANameWithAProvider_HasTheFallbacksOfTheNameWithoutIt() => Assert.Equal(["b", "c"], Routing.FallbacksFor("openai/a"));

    [Fact]
    public void AStar_MeansEveryGroup()
    {
        var fallbacks = new FallbackOptions { General = Table(("*", ["any"])) };
        Assert.Equal(["any"], new RoutingOptions { Fallbacks = fallbacks }.FallbacksFor("whatever"));
    }

    private static List<string> Walk(RoutingOptions routing, InferenceRequest request)
    {
        var plan = new FallbackPlan(routing, request);
        var walked = new List<string>();
        var current = request.Model;
        while (true)
        {
            var expected = plan.HasNext(current, FailureClass.Other);
            var next = plan.Next(current, FailureClass.Other);
            Assert.Equal(expected, next is not null);
            if (next is null) return walked;
            walked.Add(current = next.Model);
        }
    }

    private static ImmutableDictionary<string, ImmutableArray<string>> Table(params (string Group, string[] Targets)[] entries) =>
        entries.ToImmutableDictionary(e => e.Group, e => e.Targets.ToImmutableArray());

    private static InferenceRequest Ask(string model) => new() { Model = model, User = "u", Body = default, Stream = true, Created = 0 };
}
