using System.Text.Json;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>What LiteLLM's loader makes of YAML 1.1, and people use to say a thing once.</summary>
public class YamlMergeTests
{
    [Fact]
    public void AMergedMapping_IsThere_AndWhatStandsBesideItWins()
    {
        var (catalog, report) = ConfigLoader.Load("""
            shared: &shared {api_base: "http://localhost:1/v1", api_key: sk-shared, temperature: 0.3}
            model_list:
              - model_name: a
                litellm_params: {<<: *shared, model: openai/x, temperature: 0.5}
            """, _ => null);
        Assert.False(report.HasErrors);
        var deployment = Assert.Single(Assert.Single(catalog.Groups).Deployments);
        Assert.Equal((new Uri("http://localhost:1/v1"), "sk-shared"), (deployment.ApiBase, deployment.ApiKey));
        Assert.Equal(["temperature"], deployment.Defaults.Keys);
        Assert.Equal(0.5, deployment.Defaults["temperature"].GetDouble());
    }

    [Fact]
    public void OfSeveral_TheFirstThatHasAKeyWins_AndMergesNest()
    {
        var (catalog, report) = ConfigLoader.Load("""
            far: &far {api_base: "http://far:1", seed: 1}
            near: &near {<<: *far, api_base: "http://near:1"}
            other: &other {seed: 2, top_p: 0.5}
            model_list:
              - model_name: a
                litellm_params: {<<: [*near, *other], model: openai/x}
            """, _ => null);
        Assert.False(report.HasErrors);
        var deployment = Assert.Single(Assert.Single(catalog.Groups).Deployments);
        Assert.Equal(new Uri("http://near:1"), deployment.ApiBase);
        Assert.Equal((1, 0.5), (deployment.Defaults["seed"].GetInt32(), deployment.Defaults["top_p"].GetDouble()));
    }

    [Theory]
    [InlineData("<<: 5")]
    [InlineData("<<: [{seed: 1}, word]")]
    public void WhatCannotBeMerged_IsAnError(string merge)
    {
        var (_, report) = ConfigLoader.Load($$"""
            model_list:
              - model_name: a
                litellm_params: { {{merge}}, model: openai/x, api_base: "http://localhost:1"}
            """, _ => null);
        var error = Assert.Single(report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal(("model_list[0].litellm_params.<<", 3), (error.Path, error.Line));
    }

    [Fact]
    public void NumbersMayHaveUnderscores_AndTextInQuotesStaysText()
    {
        var (catalog, report) = ConfigLoader.Load("""
            model_list:
              - model_name: a
                litellm_params: {model: openai/x, api_base: "http://localhost:1", rpm: 1_000, max_tokens: 2_000, user: "1_000", seed_name: m_1}
            """, _ => null);
        Assert.False(report.HasErrors);
        var deployment = Assert.Single(Assert.Single(catalog.Groups).Deployments);
        Assert.Equal(1000, deployment.RequestsPerMinute);
        Assert.Equal(2000, deployment.Defaults["max_tokens"].GetInt32());
        Assert.Equal(("1_000", "m_1"), (deployment.Defaults["user"].GetString(), deployment.Defaults["seed_name"].GetString()));
        Assert.Equal(JsonValueKind.String, deployment.Defaults["user"].ValueKind);
    }
}
