using OrleansLlm.Catalog;
using OrleansLlm.Grains.Catalog;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Catalog;

/// <summary>Nodes hear of each other's configurations for as long as they say what they have.</summary>
public class NodeConfigurationsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void EachHearsOfTheOthers_UntilTheyAreSilent()
    {
        var nodes = new NodeConfigurations(_time);
        Assert.Empty(nodes.Compare(Of("a", "x=1")));
        Assert.Equal("a", Assert.Single(nodes.Compare(Of("b", "x=2"))).Node);
        _time.Advance(NodeConfiguration.BetweenNews * 2);
        Assert.Equal("b", Assert.Single(nodes.Compare(Of("a", "x=1"))).Node);
        _time.Advance(NodeConfiguration.BetweenNews * 2);
        Assert.Empty(nodes.Compare(Of("a", "x=1")));
    }

    [Fact]
    public void WhatDiffers_IsTold_AlsoWhereOnlyOneHasIt()
    {
        var own = Of("a", "model_list=1", "master key=2", "router_settings=3");
        Assert.Equal(["master key", "router_settings"], own.DifferencesTo(Of("b", "model_list=1", "master key=9")));
        Assert.Empty(own.DifferencesTo(own with { Node = "b" }));
    }

    private static NodeConfiguration Of(string node, params string[] parts) => new(node, [.. parts]);
}
