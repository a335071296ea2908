using System.Text.Json;
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

    [Theory]
    [InlineData("azure/o_series/mine", "", "mine", "o1")]
    [InlineData("azure/gpt5_series/mine", "", "mine", "gpt-5")]
    [InlineData("azure/gpt5_series/gpt-5.1", "", "gpt-5.1", null)]
    [InlineData("azure/o_series/o3-mini", "", "o3-mini", null)]
    [InlineData("azure/o_series/mine", ", model_info: {base_model: azure/o3}", "mine", "azure/o3")]
    [InlineData("azure/mine", ", model_info: {base_model: azure/o3}", "mine", "azure/o3")]
    [InlineData("azure/responses/mine", "", "mine", null)]
    [InlineData("azure/responses/o_series/mine", "", "mine", "o1")]
    [InlineData("openai/responses/o1-pro", "", "o1-pro", null)]
    [InlineData("openai/o_series/mine", "", "o_series/mine", null)]
    [InlineData("groq/responses/mine", "", "responses/mine", null)]
    public void WhatLiteLlmTakesBeforeTheName_IsNoPartOfIt(string configured, string info, string model, string? baseModel)
    {
        var (catalog, report) = Load($"model_list: [{{model_name: a, litellm_params: {{model: {configured}, api_base: \"https://x.openai.azure.com\"}}{info}}}]");
        var only = catalog.FindGroup("a")!.Deployments[0];
        Assert.Equal((model, baseModel), (only.Model, only.BaseModel));
        Assert.Equal(configured != $"{only.Provider}/{model}", report.Findings.Any(f => f.Kind == FindingKind.Translated));
    }

    [Theory]
    [InlineData("openai/responses/mine", "", true)]
    [InlineData("azure/responses/mine", "", true)]
    [InlineData("azure/responses/mine", ", model_info: {mode: chat}", true)]
    [InlineData("openai/mine", ", model_info: {mode: responses}", true)]
    [InlineData("azure/mine", ", model_info: {mode: responses}", true)]
    [InlineData("openai/gpt-5-codex", "", true)]
    [InlineData("gpt-5.1-codex-max", "", true)]
    [InlineData("azure/mine", ", model_info: {base_model: azure/o3-pro}", true)]
    [InlineData("openai/gpt-5-codex", ", model_info: {mode: chat}", false)]
    [InlineData("openai/mine", "", false)]
    [InlineData("groq/mine", ", model_info: {mode: responses}", false)]
    public void WhichModelsAreAskedAtTheResponsesApi_IsSaidInThreeWays(string configured, string info, bool asked)
    {
        var (catalog, report) = Load($"model_list: [{{model_name: a, litellm_params: {{model: {configured}, api_base: \"https://x.openai.azure.com\"}}{info}}}]");
        var only = catalog.FindGroup("a")!.Deployments[0];
        Assert.Equal(asked, UpstreamProviders.Serving(only.Provider, only.Model, only.BaseModel, only.AtResponses).Wire == UpstreamWire.Responses);
        Assert.DoesNotContain("responses", only.Model, StringComparison.Ordinal);
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void AModelThatIsAskedAtTheResponsesApi_HasThePriceOfItsName()
    {
        var (catalog, _) = Load("model_list: [{model_name: a, litellm_params: {model: openai/responses/gpt-4o, api_key: k}}, {model_name: 'r/*', litellm_params: {model: 'openai/responses/*', api_key: k}}]");
        Assert.Equal(2.5e-6, catalog.FindGroup("a")!.Deployments[0].InputCostPerToken);
        var any = catalog.FindGroup("r/gpt-4o")!.Deployments[0];
        Assert.Equal(("gpt-4o", true, 2.5e-6), (any.Model, any.AtResponses, any.InputCostPerToken));
    }

    [Fact]
    public void Vertex_FindsProjectRegionAndCredentials()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_location: global}}
              - model_name: b
                litellm_params: {model: vertex_ai/gemini-2.5-pro, vertex_credentials: {type: service_account, project_id: q, client_email: e, private_key: k}}
              - {model_name: c, litellm_params: {model: vertex_ai/jamba-1.5-mini, vertex_project: p}}
              - {model_name: d, litellm_params: {model: vertex_ai/llama-3.3-70b-instruct-maas, vertex_project: p}}
              - {model_name: e, litellm_params: {model: vertex_ai_beta/meta/llama-3.3-70b-instruct-maas, vertex_project: p, vertex_location: eu}}
            """, ("VERTEXAI_LOCATION", "europe-west4"), ("GCE_METADATA_HOST", "127.0.0.1:1"));
        var (a, b) = (catalog.FindGroup("a")!.Deployments[0], catalog.FindGroup("b")!.Deployments[0]);
        Assert.Equal(("p", "global", "https://aiplatform.googleapis.com/"), (a.Account.Project, a.Account.Location, a.ApiBase.AbsoluteUri));
        Assert.Equal(("q", "https://europe-west4-aiplatform.googleapis.com/"), (b.Account.Project, b.ApiBase.AbsoluteUri));
        Assert.Equal("http://127.0.0.1:1/", a.Account.MetadataServer!.AbsoluteUri);
        Assert.DoesNotContain("private_key", b.Account.ToString(), StringComparison.Ordinal);
        Assert.Null(catalog.FindGroup("c") ?? catalog.FindGroup("d"));
        Assert.Equal(
            [("model_list[2].litellm_params.model", true), ("model_list[3].litellm_params.model", true)],
            report.Findings.Where(f => f.Kind == FindingKind.LeftOut).Select(f => (f.Path, f.Text!.Contains("is not served", StringComparison.Ordinal))));
        var e = catalog.FindGroup("e")!.Deployments[0];
        Assert.Equal(("vertex_ai", "meta/llama-3.3-70b-instruct-maas", "https://aiplatform.eu.rep.googleapis.com/"), (e.Provider, e.Model, e.ApiBase.AbsoluteUri));
    }

    [Theory]
    [InlineData("vertex_ai/claude-opus-4-5@20251101", 5e-6)]
    [InlineData("vertex_ai/claude-opus-4-6@default", 5e-6)]
    [InlineData("vertex_ai/gemini-2.5-pro", 1.25e-6)]
    [InlineData("vertex_ai/meta/llama-3.3-70b-instruct-maas", null)]
    public void AModelAtVertexAi_HasItsMakersPrice(string model, double? price)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: a, litellm_params: {{model: {model}, vertex_project: p}}}}, {{model_name: 'v/*', litellm_params: {{model: 'vertex_ai/*', vertex_project: p}}}}]");
        Assert.Equal(price, catalog.FindGroup("a")!.Deployments[0].InputCostPerToken);
        Assert.Equal(price, catalog.FindGroup(model.Replace("vertex_ai/", "v/", StringComparison.Ordinal))!.Deployments[0].InputCostPerToken);
    }

    [Fact]
    public void AzureAi_HasItsOwnVariables_AndAsksOpenAisModelsAsAzureDoes()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: phi, litellm_params: {model: azure_ai/Phi-4}}
              - {model_name: claude, litellm_params: {model: azure_ai/claude-opus-4-5, api_version: "2024-05-01-preview"}}
              - {model_name: gpt, litellm_params: {model: azure_ai/gpt-4o}}
              - {model_name: oss, litellm_params: {model: azure_ai/gpt-oss-120b}}
              - {model_name: models, litellm_params: {model: azure_ai/gpt-4o, api_base: "https://r.services.ai.azure.com/models"}}
              - {model_name: ours, litellm_params: {model: azure_ai/ours, api_base: "https://r.openai.azure.com/openai/v1"}, model_info: {base_model: azure_ai/gpt-5-codex}}
              - {model_name: router, litellm_params: {model: azure_ai/model_router/mine}}
              - {model_name: agent, litellm_params: {model: azure_ai/agents/asst_1}}
            """, ("AZURE_AI_API_KEY", "k"), ("AZURE_AI_API_BASE", "https://r.services.ai.azure.com"), ("AZURE_API_VERSION", "2024-06-01"), ("AZURE_AD_TOKEN", "t"));
        Assert.Equal(("azure_ai", "Phi-4", "https://r.services.ai.azure.com/", "k", null), Only("phi"));
        Assert.Equal(("azure_ai", "claude-opus-4-5", "https://r.services.ai.azure.com/", "k", "2024-05-01-preview"), Only("claude"));
        Assert.Equal(("azure", "gpt-4o", "https://r.services.ai.azure.com/", "k", "2024-06-01"), Only("gpt"));
        Assert.Equal("azure_ai", Only("oss").Provider);
        Assert.Equal("azure_ai", Only("models").Provider);
        Assert.Equal(("azure", "ours"), (Only("ours").Provider, Only("ours").Model));
        Assert.Equal(("azure_ai", "mine"), (Only("router").Provider, Only("router").Model));
        Assert.Null(catalog.FindGroup("agent"));
        Assert.Equal(5e-6, catalog.FindGroup("claude")!.Deployments[0].InputCostPerToken);
        Assert.Equal(2.5e-6, catalog.FindGroup("gpt")!.Deployments[0].InputCostPerToken);
        Assert.False(report.HasErrors);

        (string Provider, string Model, string Address, string? Key, string? Version) Only(string name) =>
            catalog.FindGroup(name)!.Deployments.Single() is var d ? (d.Provider, d.Model, d.ApiBase.AbsoluteUri, d.ApiKey, d.Account.ApiVersion) : default;
    }

    [Fact]
    public void AzureAi_WithoutAnAddress_IsLeftOut_AndATokenIsSentWhereThereIsNoKey()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: azure_ai/Phi-4}}
              - {model_name: b, litellm_params: {model: azure_ai/Phi-4, api_base: "https://r.services.ai.azure.com"}}
              - {model_name: c, litellm_params: {model: azure_ai/Phi-4, api_base: "https://r.services.ai.azure.com", api_key: k, azure_ad_token: own}}
            """, ("AZURE_AD_TOKEN", "t"));
        Assert.Null(catalog.FindGroup("a"));
        Assert.False(report.HasErrors);
        Assert.Equal((null, "Bearer t"), (catalog.FindGroup("b")!.Deployments[0].ApiKey, catalog.FindGroup("b")!.Deployments[0].Headers["Authorization"]));
        Assert.Equal((null, "Bearer own"), (catalog.FindGroup("c")!.Deployments[0].ApiKey, catalog.FindGroup("c")!.Deployments[0].Headers["Authorization"]));
    }

    [Theory]
    [InlineData("""{"type":"service_account","project_id":"p","project_id":"q","client_email":"e","private_key":"k"}""", "q")]
    [InlineData("a\0b", null)]
    [InlineData("{", null)]
    [InlineData("[]", null)]
    public void VertexCredentialsThatAreNone_AreNoReasonToThrow(string credentials, string? project)
    {
        var (catalog, report) = Load($"model_list: [{{model_name: a, litellm_params: {{model: vertex_ai/g, vertex_credentials: {JsonSerializer.Serialize(credentials)}}}}}]");
        Assert.Equal(project, catalog.FindGroup("a")?.Deployments[0].Account.Project);
        Assert.Equal(project is null, report.Findings.Any(f => f.Path == "model_list[0].litellm_params.vertex_project"));
    }

    [Theory]
    [InlineData("evil.example/")]
    [InlineData("x.evil.example/-")]
    [InlineData("a@b")]
    [InlineData("eu.west")]
    public void AVertexLocation_NamesNoOtherHost(string location)
    {
        var (_, report) = Load($"model_list: [{{model_name: a, litellm_params: {{model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_location: \"{location}\"}}}}]");
        Assert.Equal("model_list[0].litellm_params.vertex_location", Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }

    [Fact]
    public void TheFile_MaySendTheMachinesTokenWhereItLikes()
    {
        var (catalog, report) = Load("model_list: [{model_name: a, litellm_params: {model: vertex_ai/gemini-2.5-pro, vertex_project: p, api_base: \"http://10.0.0.1\"}}]");
        Assert.False(report.HasErrors);
        Assert.Equal("http://10.0.0.1/", catalog.FindGroup("a")!.Deployments[0].ApiBase.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/openai/", "openai")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta", "gemini")]
    public void Gemini_IsSpokenToThroughTheDoorThatIsConfigured(string address, string provider)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: m, litellm_params: {{model: gemini/x, api_base: \"{address}\"}}}}]");
        Assert.Equal(provider, catalog.FindGroup("m")!.Deployments[0].Provider);
    }

    [Theory]
    [InlineData("litellm_proxy/gpt-4o", "gpt-4o")]
    [InlineData("nvidia_nim/meta/llama3", "meta/llama3")]
    [InlineData("custom_openai/x", "x")]
    [InlineData("voyage/voyage-3", "voyage-3")]
    [InlineData("jina_ai/jina-embeddings-v3", "jina-embeddings-v3")]
    [InlineData("infinity/bge", "bge")]
    [InlineData("gradient_ai/x", "x")]
    [InlineData("azure_text/dep", "dep")]
    [InlineData("text-completion-openai/gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct")]
    [InlineData("openai/meta-llama/Llama-3", "meta-llama/Llama-3")]
    [InlineData("meta-llama/Llama-3", "meta-llama/Llama-3")]
    public void APrefixOfLiteLlms_IsNoPartOfTheName_AndAnythingElseIs(string configured, string model)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: m, litellm_params: {{model: {configured}, api_base: \"http://here/v1\"}}}}]");
        var only = catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((model, "http://here/v1"), (only.Model, only.ApiBase.AbsoluteUri));
    }

    [Theory]
    [InlineData("rpm: 3, tpm: 40, litellm_params: {model: deepseek/a, rpm: 5}", 3d, 40d)]
    [InlineData("litellm_params: {model: deepseek/a, rpm: 5}, model_info: {rpm: 7, tpm: 50}", 5d, 50d)]
    public void LimitsOfADeployment_AreReadWhereLiteLlmReadsThem(string entry, double requests, double tokens)
    {
        var only = Load($"model_list: [{{model_name: m, {entry}}}]").Catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((requests, tokens), (only.RequestsPerMinute, only.TokensPerMinute));
    }

    [Theory]
    [InlineData("[tool_choice]", true)]
    [InlineData("[]", false)]
    public void AListOfDropParams_IsASwitch(string list, bool drop)
    {
        var (catalog, report) = Load($"model_list: [{{model_name: m, litellm_params: {{model: deepseek/a, drop_params: {list}}}}}]");
        Assert.Equal(drop, catalog.FindGroup("m")!.Deployments[0].Parameters.Drop);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Translated && f.Text!.Contains("additional_drop_params", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("snowflake/x")]
    [InlineData("sagemaker_chat/x")]
    [InlineData("github_copilot/gpt-4")]
    [InlineData("deepgram/nova-2")]
    [InlineData("azure/")]
    public void AServiceThatSpeaksOtherwise_IsLeftOut_WhateverItsAddress(string configured)
    {
        var (catalog, report) = Load($"model_list: [{{model_name: m, litellm_params: {{model: {configured}, api_base: \"http://here/v1\"}}}}]");
        Assert.Null(catalog.FindGroup("m"));
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.LeftOut);
    }

    [Theory]
    [InlineData("cohere/command-a-03-2025", "https://api.cohere.ai/compatibility/v1", "c")]
    [InlineData("cohere_chat/command-r", "https://api.cohere.ai/compatibility/v1", "c")]
    [InlineData("zai/glm-4.6", "https://api.z.ai/api/paas/v4", "z")]
    [InlineData("ai21/jamba-large", "https://api.ai21.com/studio/v1", "a")]
    [InlineData("cloudflare/@cf/meta/llama-3.3", "https://api.cloudflare.com/client/v4/accounts/me%20too/ai/v1", "f")]
    public void ServicesWithADoorForOpenAisClients_AreAskedThere(string model, string address, string key)
    {
        var (catalog, report) = Load(
            $"model_list: [{{model_name: m, litellm_params: {{model: \"{model}\"}}}}]",
            ("COHERE_API_KEY", "c"), ("ZAI_API_KEY", "z"), ("AI21_API_KEY", "a"), ("CLOUDFLARE_API_TOKEN", "f"), ("CLOUDFLARE_ACCOUNT_ID", "me too"));
        var only = catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((model[(model.IndexOf('/', StringComparison.Ordinal) + 1)..], address, key), (only.Model, only.ApiBase.AbsoluteUri, only.ApiKey));
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void CloudflaresOwnDoor_IsItsOtherOne_AndWithoutAnAccountItIsLeftOut()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: cloudflare/@cf/x, api_base: "https://api.cloudflare.com/client/v4/accounts/1/ai/run/"}}
              - {model_name: b, litellm_params: {model: cloudflare/@cf/x}}
            """);
        Assert.Equal("https://api.cloudflare.com/client/v4/accounts/1/ai/v1", Assert.Single(catalog.Groups.SelectMany(g => g.Deployments)).ApiBase.AbsoluteUri);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.LeftOut && f.Text!.Contains("CLOUDFLARE_ACCOUNT_ID", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("deepseek/x", "http://here/beta/chat/completions?a=b", "http://here/beta?a=b", "/chat/completions")]
    [InlineData("moonshot/x", "https://here/v1/chat/completions/", "https://here/v1", "/chat/completions")]
    [InlineData("openai/x", "http://here/chat/completions", "http://here/", "/chat/completions")]
    [InlineData("ollama_chat/x", "http://here:11434/api/chat", "http://here:11434/", "/api/chat")]
    [InlineData("ollama/x", "http://here:11434/behind/api/generate", "http://here:11434/behind", "/api/generate")]
    [InlineData("ollama/x", "http://here:11434/api", "http://here:11434/api", null)]
    [InlineData("openai/x", "http://here/api/chat", "http://here/api/chat", null)]
    [InlineData("openai/x", "http://api/chat", "http://api/chat", null)]
    [InlineData("anthropic/x", "http://here/chat/completions", "http://here/chat/completions", null)]
    public void TheWholeAddressOfAChat_MeansTheOneBeforeIt(string model, string configured, string address, string? ending)
    {
        var (catalog, report) = Load($$"""
            model_list: [{model_name: m, litellm_params: {model: {{model}}, api_base: "{{configured}}"} }]
            gateway_settings: {backends: {"{{configured}}": {slots: 3} } }
            """);
        Assert.Equal(address, catalog.FindGroup("m")!.Deployments[0].ApiBase.AbsoluteUri);
        Assert.Equal(3, Assert.Single(catalog.Backends.Values).Slots);
        Assert.Contains($"://{new Uri(configured).Authority}", catalog.Backends.Keys.Single(), StringComparison.Ordinal);
        var told = report.Findings.Where(f => f.Kind == FindingKind.Translated && f.Text!.Contains("which is for chats", StringComparison.Ordinal)).ToList();
        Assert.Equal(ending is null ? 0 : 1, told.Count);
        Assert.All(told, f => Assert.Contains($"ends in {ending},", f.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void AnotherService_HasItsAddressAndItsKey()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: nvidia_nim/meta/llama3}}
              - {model_name: b, litellm_params: {model: cerebras/llama3}}
              - {model_name: c, litellm_params: {model: litellm_proxy/gpt-4o}}
              - {model_name: d, litellm_params: {model: meta/llama3, custom_llm_provider: deepinfra}}
              - {model_name: e, litellm_params: {model: github/openai/gpt-4.1}}
            """, ("NVIDIA_NIM_API_KEY", "k"), ("CEREBRAS_API_BASE", "http://there/v1"), ("LITELLM_PROXY_API_BASE", "http://proxy"), ("LITELLM_PROXY_API_KEY", "sk"), ("GITHUB_API_KEY", "gh"));
        Assert.Equal(
            [("meta/llama3", "https://integrate.api.nvidia.com/v1", "k"), ("llama3", "http://there/v1", null), ("gpt-4o", "http://proxy/", "sk"), ("meta/llama3", "https://api.deepinfra.com/v1/openai", null), ("openai/gpt-4.1", "https://models.github.ai/inference", "gh")],
            catalog.Groups.SelectMany(g => g.Deployments).Select(d => (d.Model, d.ApiBase.AbsoluteUri, d.ApiKey)));
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void AStarForAStar_IsEveryProviderThatHasAKey()
    {
        const string yaml = "model_list: [{model_name: '*', litellm_params: {model: '*', num_retries: 1}}]";
        var (catalog, report) = Load(yaml, ("OPENAI_API_KEY", "o"), ("ANTHROPIC_API_KEY", "a"));
        Assert.Equal(("anthropic", "x", "a"), Only("anthropic/x"));
        Assert.Equal(("openai", "ft:gpt/x", "o"), Only("openai/ft:gpt/x"));
        Assert.Equal(("openai", "gpt-9", "o"), Only("gpt-9"));
        Assert.Equal(("anthropic", "claude-x", "a"), Only("claude-x"));
        Assert.Null(catalog.FindGroup("groq/x"));
        Assert.Null(catalog.FindGroup("whatever"));
        Assert.Single(report.Findings, f => f.Kind == FindingKind.Translated);
        Assert.False(report.HasErrors);
        var (none, left) = Load(yaml);
        Assert.Empty(none.Groups);
        Assert.Contains(left.Findings, f => f.Kind == FindingKind.LeftOut);

        (string, string, string?) Only(string name) => catalog.FindGroup(name)!.Deployments.Single() is var d ? (d.Provider, d.Model, d.ApiKey) : default;
    }

    [Theory]
    [InlineData("fo::*:static::*", "openai/fo::*:static::*", "fo::hi:static::you", "fo::hi:static::you")]
    [InlineData("a*b*c", "openai/*-*", "axbybzc", "xby-z")]
    [InlineData("a*b*c", "openai/*", "axbyc", "x")]
    [InlineData("*", "openai/*", "meta/x", "meta/x")]
    [InlineData("m-*", "openai/fixed", "m-1", "fixed")]
    [InlineData("a*b*c", "openai/*", "abd", null)]
    [InlineData("ab*ba", "openai/*", "aba", null)]
    public void AWildcard_MayHaveSeveralStars(string group, string model, string asked, string? expected)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: '{group}', litellm_params: {{model: '{model}', api_key: k}}}}]");
        Assert.Equal(expected, catalog.FindGroup(asked)?.Deployments.Single().Model);
    }

    private static (Catalog.GatewayCatalog Catalog, ConfigReport Report) Load(string yaml, params (string Name, string Value)[] variables) =>
        ConfigLoader.Load(yaml, name => variables.FirstOrDefault(v => v.Name == name).Value);
}
