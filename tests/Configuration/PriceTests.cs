using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>A deployment without a price is one whose budgets never bite.</summary>
public class PriceTests
{
    private const string Priced = "{input_cost_per_token: 0.5, output_cost_per_token: 1}";

    [Theory]
    [InlineData("{model: hosted_vllm/q, api_base: \"http://a:1\"}", Priced, 0.5, 1d)]
    [InlineData("{model: openai/gpt-4o}", Priced, 0.5, 1d)]
    [InlineData("{model: openai/gpt-4o, input_cost_per_token: 2}", Priced, 2d, 1d)]
    [InlineData("{model: openai/gpt-4o}", "{}", 2.5e-6, 1e-5)]
    [InlineData("{model: openai/unheard-of}", "{}", null, null)]
    [InlineData("{model: anthropic/claude-sonnet-4-5-20250929}", "{}", 3e-6, 1.5e-5)]
    [InlineData("{model: anthropic/claude-3-7-sonnet-latest}", "{}", 3e-6, 1.5e-5)]
    [InlineData("{model: openai/gpt-4.1-2025-04-14}", "{}", 2e-6, 8e-6)]
    [InlineData("{model: openai/gpt-4o-2024-05-13}", "{}", 5e-6, 1.5e-5)]
    [InlineData("{model: openai/gpt-4o-2024-05-x3}", "{}", null, null)]
    [InlineData("{model: deepseek/deepseek-chat}", "{}", 2.7e-7, 1.1e-6)]
    public void Prices_AreThoseOfTheParameters_ThenOfTheModelsInfo_ThenTheListed(string parameters, string info, double? input, double? output)
    {
        var deployment = Assert.Single(Load("m", parameters, info).FindGroup("m")!.Deployments);
        Assert.Equal((input, output), (deployment.InputCostPerToken, deployment.OutputCostPerToken));
    }

    [Theory]
    [InlineData("{model: hosted_vllm/q, api_base: \"http://a:1\", cache_read_input_token_cost: 0.1}", "{input_cost_per_token: 1, cache_creation_input_token_cost: 2, cache_read_input_token_cost: 9}", 0.1, 2d)]
    [InlineData("{model: openai/gpt-4o}", "{}", 1.25e-6, null)]
    [InlineData("{model: openai/gpt-4o}", Priced, null, null)]
    public void WhatIsCachedOfAPrompt_HasAPriceOfItsOwn_OrTheListed(string parameters, string info, double? read, double? written)
    {
        var deployment = Assert.Single(Load("m", parameters, info).FindGroup("m")!.Deployments);
        Assert.Equal((read, written), (deployment.CacheReadCostPerToken, deployment.CacheWriteCostPerToken));
    }

    [Fact]
    public void APriceThatNothingGoesBy_IsSaidToBeIgnored()
    {
        var (_, report) = ConfigLoader.Load(Yaml("m", "{model: openai/gpt-4o}", "{input_cost_per_token_above_200k_tokens: 1, mode: chat}"), _ => null);
        Assert.Equal("model_list[0].model_info.input_cost_per_token_above_200k_tokens", Assert.Single(report.Findings, f => f.Kind == FindingKind.Ignored).Path);
    }

    [Fact]
    public void APrice_ThatIsNone_IsAnError()
    {
        var (_, report) = ConfigLoader.Load(Yaml("m", "{model: openai/gpt-4o}", "{input_cost_per_token: much}"), _ => null);
        Assert.Equal("model_list[0].model_info.input_cost_per_token", Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }

    [Fact]
    public void AWildcard_HasTheListPriceOfTheModelThatIsAskedFor()
    {
        var catalog = Load("openai/*", "{model: \"openai/*\"}", "{}");
        Assert.Equal(2.5e-6, Assert.Single(catalog.FindGroup("openai/gpt-4o")!.Deployments).InputCostPerToken);
        Assert.Equal(1.5e-7, Assert.Single(catalog.FindGroup("openai/gpt-4o-mini")!.Deployments).InputCostPerToken);
        Assert.Null(Assert.Single(catalog.FindGroup("openai/unheard-of")!.Deployments).InputCostPerToken);
    }

    [Fact]
    public void AWildcard_HasTheListPriceOfAVersionByItsDate() =>
        Assert.Equal(1e-6, Assert.Single(Load("*", "{model: \"anthropic/*\"}", "{}").FindGroup("claude-haiku-4-5-20251001")!.Deployments).InputCostPerToken);

    [Theory]
    [InlineData("", "unheard-of", "", false)]
    [InlineData("litellm_settings: {max_budget: 5}", "unheard-of", "", true)]
    [InlineData("litellm_settings: {max_end_user_budget: 5}", "unheard-of", "", true)]
    [InlineData("litellm_settings: {max_budget: 5}", "gpt-4o", "", false)]
    [InlineData("litellm_settings: {max_budget: 5}", "unheard-of", ", input_cost_per_token: 0", false)]
    [InlineData("litellm_settings: {max_budget: 5}", "*", "", false)]
    public void ABudgetThatAModelsAnswersDoNotCountFor_IsWarnedOf(string settings, string model, string more, bool warned)
    {
        var (_, report) = ConfigLoader.Load($"model_list: [{{model_name: m, litellm_params: {{model: \"openai/{model}\", api_key: k{more}}}}}]\n{settings}", _ => null);
        var findings = report.Findings.Where(f => f is { Kind: FindingKind.Warning, Path: "model_list" }).ToList();
        Assert.Equal(warned ? 1 : 0, findings.Count);
        Assert.All(findings, f => Assert.StartsWith("no price is known of m: ", f.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void AWildcardWithAPriceOfItsOwn_HasThatForAll() =>
        Assert.Equal(0.5, Assert.Single(Load("openai/*", "{model: \"openai/*\"}", Priced).FindGroup("openai/gpt-4o")!.Deployments).InputCostPerToken);

    private static GatewayCatalog Load(string name, string parameters, string info)
    {
        var (catalog, report) = ConfigLoader.Load(Yaml(name, parameters, info), _ => null);
        Assert.False(report.HasErrors);
        return catalog;
    }

    private static string Yaml(string name, string parameters, string info) => $$"""
        model_list:
          - {model_name: "{{name}}", litellm_params: {{parameters}}, model_info: {{info}}}
        """;
}
