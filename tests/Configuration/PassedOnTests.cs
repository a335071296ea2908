using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>What of a deployment's parameters reaches its service, and what must not.</summary>
public class PassedOnTests
{
    [Theory]
    [InlineData("client_secret")]
    [InlineData("aws_secret_access_key")]
    [InlineData("vertex_credentials")]
    [InlineData("azure_password")]
    [InlineData("metadata")]
    [InlineData("guardrails")]
    [InlineData("model_info")]
    [InlineData("litellm_trace_id")]
    [InlineData("input_cost_per_token_above_200k_tokens")]
    [InlineData("input_cost_per_audio_token")]
    [InlineData("tag_regex")]
    [InlineData("cache_control_injection_points")]
    [InlineData("use_in_pass_through")]
    [InlineData("langfuse_secret_key")]
    public void WhatLiteLlmKeepsToItself_IsNoParameterOfTheRequest_AndIsReported(string name)
    {
        var (catalog, report) = Load($"{{model: openai/x, api_base: \"http://a:1\", {name}: private}}");
        Assert.Empty(Only(catalog).Defaults);
        Assert.Equal(FindingKind.Ignored, Assert.Single(report.Findings, f => f.Path == "model_list[0].litellm_params." + name).Kind);
    }

    [Fact]
    public void HowItsCertificateIsChecked_IsNoParameterOfTheRequest() => Assert.Empty(Only(Load("""{model: openai/x, api_base: "https://a:1", ssl_verify: false}""").Catalog).Defaults);

    [Theory]
    [InlineData("service_tier")]
    [InlineData("prompt_cache_key")]
    [InlineData("chat_template_kwargs")]
    [InlineData("num_ctx")]
    public void WhatNobodyKnows_IsAParameter(string name) =>
        Assert.Equal([name], Only(Load($"{{model: openai/x, api_base: \"http://a:1\", {name}: x}}").Catalog).Defaults.Keys);

    [Fact]
    public void TheMembersOfExtraBody_AreParameters_AndWinOverTheirNamesakes()
    {
        var (catalog, report) = Load("""{model: hosted_vllm/x, api_base: "http://a:1", top_k: 1, extra_body: {top_k: 2, chat_template_kwargs: {enable_thinking: false}}}""");
        Assert.False(report.HasErrors);
        var defaults = Only(catalog).Defaults;
        Assert.Equal(["chat_template_kwargs", "top_k"], defaults.Keys.Order());
        Assert.Equal((2, """{"enable_thinking":false}"""), (defaults["top_k"].GetInt32(), defaults["chat_template_kwargs"].GetRawText()));
    }

    [Fact]
    public void HeadersOfBothNames_AreSent_WithoutTheSpaceAroundThem()
    {
        var (catalog, report) = Load("""{model: openai/x, api_base: "http://a:1", api_key: "sk-1\n", headers: {X-A: " a\n"}, extra_headers: {X-B: b, Content-Type: text/plain}}""");
        Assert.False(report.HasErrors);
        var deployment = Only(catalog);
        Assert.Equal("sk-1", deployment.ApiKey);
        Assert.Equal([("X-A", "a"), ("X-B", "b")], deployment.Headers.Select(h => (h.Key, h.Value)).Order());
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Ignored, Path: "model_list[0].litellm_params.extra_headers.Content-Type" });
    }

    [Theory]
    [InlineData("""api_key: "sk-1\nX-Injected: 1" """, "api_key")]
    [InlineData("api_key: sk-é", "api_key")]
    [InlineData("""extra_headers: {X-A: "a\r\nX-Injected: c"}""", "extra_headers.X-A")]
    [InlineData("extra_headers: {bad name: a}", "extra_headers.bad name")]
    [InlineData("organization: \"a\\u0000\"", "organization")]
    public void WhatWouldBreakTheRequest_IsAnErrorThatNamesTheField(string parameter, string field)
    {
        var (_, report) = Load($"{{model: openai/x, api_base: \"http://a:1\", {parameter}}}");
        Assert.Equal("model_list[0].litellm_params." + field, Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }

    [Fact]
    public void ANamedCredential_FillsInWhatTheDeploymentDoesNotSay()
    {
        var (catalog, report) = ConfigLoader.Load("""
            credential_list:
              - {credential_name: team, credential_values: {api_key: os.environ/KEY, api_base: "http://shared:1/v1"}, credential_info: {description: ours}}
            model_list:
              - {model_name: m, litellm_params: {model: openai/x, litellm_credential_name: team}}
              - {model_name: n, litellm_params: {model: openai/x, api_base: "http://own:1/v1", litellm_credential_name: team}}
              - {model_name: o, litellm_params: {model: openai/x, litellm_credential_name: nobodys}}
            """, name => name == "KEY" ? "sk-team" : null);
        Assert.False(report.HasErrors);
        Assert.Equal(
            [("m", "http://shared:1/v1", "sk-team"), ("n", "http://own:1/v1", "sk-team")],
            catalog.Groups.Select(g => (g.Name, g.Deployments[0].ApiBase.ToString(), g.Deployments[0].ApiKey)));
        Assert.All(catalog.Groups, g => Assert.Empty(g.Deployments[0].Defaults));
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.LeftOut, Path: "model_list[2].litellm_params.litellm_credential_name" });
    }

    [Fact]
    public void AnAzureToken_IsSentInPlaceOfAKey()
    {
        var deployment = Only(Load("""{model: azure/x, api_base: "http://a:1", azure_ad_token: entra, api_key: sk-1}""").Catalog);
        Assert.Null(deployment.ApiKey);
        Assert.Equal("Bearer entra", deployment.Headers["Authorization"]);
        Assert.Empty(deployment.Defaults);
    }

    [Fact]
    public void AnAzureAccount_WhoseTokenNobodyFetches_IsLeftOut()
    {
        var (catalog, report) = Load("""{model: azure/x, api_base: "http://a:1", tenant_id: t, client_id: c, client_secret: very}""");
        Assert.Empty(catalog.Groups);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.LeftOut && f.Text!.Contains("Entra ID", StringComparison.Ordinal));
    }

    private static Deployment Only(GatewayCatalog catalog) => Assert.Single(Assert.Single(catalog.Groups).Deployments);

    private static (GatewayCatalog Catalog, ConfigReport Report) Load(string parameters) =>
        ConfigLoader.Load($"model_list: [{{model_name: m, litellm_params: {parameters}}}]", _ => null);
}
