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
    public void AFileOfPrices_ComesBeforeTheList_AndAfterWhatIsSaid()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, """
            {"sample_spec":{"input_cost_per_token":0,"litellm_provider":"one of these"},
             "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0":{"input_cost_per_token":3.3e-6,"output_cost_per_token":1.65e-5,"litellm_provider":"bedrock_converse"},
             "text-embedding-3-small":{"input_cost_per_token":2e-8,"litellm_provider":"openai","mode":"embedding"},
             "gpt-4o":{"input_cost_per_token":9,"output_cost_per_token":9,"cache_read_input_token_cost":8,"litellm_provider":"openai"},
             "us.amazon.nova-pro-v1:0":{"input_cost_per_token":6,"output_cost_per_token":6,"litellm_provider":"bedrock_converse"},
             "openrouter/some/model":{"input_cost_per_token":7,"output_cost_per_token":7,"litellm_provider":"openrouter"},
             "dall-e-3":{"input_cost_per_image":0.04},"broken":{"input_cost_per_token":-1,"output_cost_per_token":"x"},"odd":5}
            """);
        var (catalog, report) = ConfigLoader.Load(
            $$$"""
            model_list:
            - {model_name: a, litellm_params: {model: "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", aws_access_key_id: a, aws_secret_access_key: b, aws_region_name: eu-central-1}}
            - {model_name: b, litellm_params: {model: openai/text-embedding-3-small}}
            - {model_name: c, litellm_params: {model: openai/gpt-4o}}
            - {model_name: d, litellm_params: {model: openai/gpt-4o, input_cost_per_token: 1}}
            - {model_name: e, litellm_params: {model: openai/broken}}
            - {model_name: f, litellm_params: {model: azure/mine, api_base: "https://a.openai.azure.com"}, model_info: {base_model: azure/gpt-4o}}
            - {model_name: g, litellm_params: {model: "bedrock/us.amazon.nova-pro-v1:0", aws_access_key_id: a, aws_secret_access_key: b, aws_region_name: us-east-1}}
            - {model_name: h, litellm_params: {model: hosted_vllm/gpt-4o, api_base: "http://own:1"}}
            - {model_name: i, litellm_params: {model: ollama/gpt-4o, api_base: "http://own:2"}}
            - {model_name: "r/*", litellm_params: {model: "openrouter/*"}}
            gateway_settings: {prices: "{{{path}}}"}
            """, _ => null);
        Assert.False(report.HasErrors);
        Assert.Equal([3.3e-6, 2e-8, 9d, 1d, null, 9d, 6d, null, 0d], "abcdefghi".Select(name => catalog.FindGroup(name.ToString())!.Deployments[0].InputCostPerToken));
        Assert.Equal((8d, null), (catalog.FindGroup("c")!.Deployments[0].CacheReadCostPerToken, catalog.FindGroup("d")!.Deployments[0].CacheReadCostPerToken));
        Assert.Equal(7, catalog.FindGroup("r/some/model")!.Deployments[0].InputCostPerToken);

        // While it is being replaced, what was known of it stays.
        File.Delete(path);
        var (later, told) = ConfigLoader.Load($"{Yaml("c", "{model: openai/gpt-4o}", "{}")}\ngateway_settings: {{prices: \"{path}\"}}", _ => null);
        Assert.Equal((9d, FindingKind.Warning), (later.FindGroup("c")!.Deployments[0].InputCostPerToken, Assert.Single(told.Findings, f => f.Path == "gateway_settings.prices" && f.Kind != FindingKind.Honoured).Kind));
    }

    [Theory]
    [InlineData("no-such-file.json", "does not exist")]
    [InlineData("", null)]
    public void AFileOfPricesThatIsNotThere_IsAnError(string path, string? problem)
    {
        var (_, report) = ConfigLoader.Load($"{Yaml("m", "{model: openai/x}", "{}")}\ngateway_settings: {{prices: \"{path}\"}}", _ => null);
        var errors = report.Findings.Where(f => f.Kind == FindingKind.Error).ToList();
        if (problem is null) Assert.Empty(errors);
        else Assert.Contains(problem, Assert.Single(errors).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void WithKeys_WhatHasNoPriceIsTold_ThoughTheFileHasNoBudget()
    {
        var (_, report) = ConfigLoader.Load($"{Yaml("m", "{model: openai/unheard-of}", "{}")}\ngeneral_settings: {{master_key: sk-1}}", _ => null);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Translated, Path: "model_list" } && f.Text!.StartsWith("no price is known of m:", StringComparison.Ordinal));
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
