using OrleansLlm.Grains.Inference;
using OrleansLlm.Tests.Rules.Catalog;

namespace OrleansLlm.Tests.Rules.Inference;

public sealed class CostTests
{
    /// <summary>What a service says of its cache may be nonsense: it is never more than the prompt, and never less than nothing.</summary>
    [Theory]
    [InlineData(100, 0, 0, 100)]
    [InlineData(100, 60, 40, 60 * 0.1 + 40 * 2)]
    [InlineData(100, 60, 0, 40 + 60 * 0.1)]
    [InlineData(100, 1_000_000, 0, 100 * 0.1)]
    [InlineData(100, 60, 1_000, 60 * 0.1 + 40 * 2)]
    [InlineData(100, -50, -50, 100)]
    [InlineData(0, 50, 50, 0)]
    public void WhatIsCached_IsAPartOfThePrompt(long prompt, long read, long written, double expected)
    {
        var deployment = Deployments.Of("a") with { InputCostPerToken = 1, OutputCostPerToken = 3, CacheReadCostPerToken = 0.1, CacheWriteCostPerToken = 2 };

        Assert.Equal(expected + (7 * 3), Cost.Of(deployment, prompt, 7, read, written)!.Value, 9);
    }
}
