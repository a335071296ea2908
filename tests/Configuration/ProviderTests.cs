using OrleansLlm.Providers;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class ProviderTests
{
    [Fact]
    public void EveryProviderThatCanBeSpokenTo_HasItsPrefix() => Assert.Equal(UpstreamProviders.Known, ProviderTable.Prefixes);

    [Fact]
    public void DropParams_OfTheDeployment_BeatsTheFiles()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: own, litellm_params: {model: deepseek/a, drop_params: true, additional_drop_params: [user], allowed_openai_params: seed}}
              - {model_name: other, litellm_params: {model: deepseek/a}}
            litellm_settings: {drop_params: false}
            """);
        var own = catalog.FindGroup("own")!.Deployments[0].Parameters;
        Assert.Equal((true, "user", "seed"), (own.Drop, Assert.Single(own.AlsoDrop), Assert.Single(own.Allowed)));
        Assert.False(catalog.FindGroup("other")!.Deployments[0].Parameters.Drop);
        Assert.Equal(["deepseek"], catalog.Groups.SelectMany(g => g.Deployments).Select(d => d.Provider).Distinct());
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Ignored);
        Assert.Empty(catalog.FindGroup("own")!.Deployments[0].Defaults);
    }

    [Fact]
    public void WithoutDropParams_NothingIsDecided()
    {
        var (catalog, _) = Load("model_list: [{model_name: m, litellm_params: {model: ollama/a}}]");
        Assert.Null(catalog.FindGroup("m")!.Deployments[0].Parameters.Drop);
    }

    [Fact]
    public void Azure_TakesItsVersionFromTheFileOrTheEnvironment()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: azure/gpt, api_base: "https://x.openai.azure.com", api_version: "2025-01-01"}}
              - {model_name: b, litellm_params: {model: azure/gpt}}
            """, ("AZURE_API_VERSION", "2024-06-01"), ("AZURE_API_BASE", "https://y.openai.azure.com"), ("AZURE_API_KEY", "k"));
        Assert.Equal("2025-01-01", catalog.FindGroup("a")!.Deployments[0].Account.ApiVersion);
        var b = catalog.FindGroup("b")!.Deployments[0];
        Assert.Equal(("2024-06-01", "https://y.openai.azure.com/", "k", "azure"), (b.Account.ApiVersion, b.ApiBase.AbsoluteUri, b.ApiKey, b.Provider));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(", model_info: {base_model: azure/gpt-4o-mini}", 0.15e-6)]
    [InlineData(", model_info: {base_model: gpt-4o}", 2.5e-6)]
    public void Azure_HasThePriceOfItsBaseModel(string info, double? price)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: a, litellm_params: {{model: azure/mine, api_base: \"https://x.openai.azure.com\"}}{info}}}]");
        Assert.Equal(price, catalog.FindGroup("a")!.Deployments[0].InputCostPerToken);
    }

    [Fact]
    public void Vertex_FindsProjectRegionAndCredentials()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_location: global}}
              - model_name: b
                litellm_params: {model: vertex_ai/gemini-2.5-pro, vertex_credentials: {type: service_account, project_id: q, client_email: e, private_key: k}}
              - {model_name: c, litellm_params: {model: vertex_ai/claude-opus-4, vertex_project: p}}
            """, ("VERTEXAI_LOCATION", "europe-west4"), ("GCE_METADATA_HOST", "127.0.0.1:1"));
        var (a, b) = (catalog.FindGroup("a")!.Deployments[0], catalog.FindGroup("b")!.Deployments[0]);
        Assert.Equal(("p", "global", "https://aiplatform.googleapis.com/"), (a.Account.Project, a.Account.Location, a.ApiBase.AbsoluteUri));
        Assert.Equal(("q", "https://europe-west4-aiplatform.googleapis.com/"), (b.Account.Project, b.ApiBase.AbsoluteUri));
        Assert.Equal("http://127.0.0.1:1/", a.Account.MetadataServer!.AbsoluteUri);
        Assert.DoesNotContain("private_key", b.Account.ToString(), StringComparison.Ordinal);
        Assert.Null(catalog.FindGroup("c"));
    }

    [Theory]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/openai/", "openai")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta", "gemini")]
    public void Gemini_IsSpokenToThroughTheDoorThatIsConfigured(string address, string provider)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: m, litellm_params: {{model: gemini/x, api_base: \"{address}\"}}}}]");
        Assert.Equal(provider, catalog.FindGroup("m")!.Deployments[0].Provider);
    }

    private static (Catalog.GatewayCatalog Catalog, ConfigReport Report) Load(string yaml, params (string Name, string Value)[] variables) =>
        ConfigLoader.Load(yaml, name => variables.FirstOrDefault(v => v.Name == name).Value);
}
