using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Configuration;

/// <summary>What a LiteLLM proxy did with the same file, and this gateway does not: told, and told by a start.</summary>
public class HabitTests
{
    private const string OneModel = "model_list: [{model_name: m, litellm_params: {model: ollama/llama3.2, api_base: 'http://localhost:11434'}}]\n";

    [Theory]
    [InlineData("general_settings: {store_model_in_db: true}", "general_settings.store_model_in_db")]
    [InlineData("", "general_settings.store_model_in_db", "STORE_MODEL_IN_DB", "True")]
    [InlineData("", "DATABASE_URL", "DATABASE_URL", "postgresql://u:p@db:5432/litellm")]
    [InlineData("litellm_settings: {success_callback: [langfuse]}", "litellm_settings.langfuse", "LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk")]
    [InlineData("general_settings: {master_key: sk-1}\nlitellm_settings: {max_end_user_budget: 5}", "litellm_settings.max_end_user_budget")]
    [InlineData("general_settings: {master_key: sk-1, user_header_name: X-User}", "general_settings.user_header_mappings")]
    [InlineData("guardrails: [{guardrail_name: pii, litellm_params: {guardrail: presidio, mode: pre_call, default_on: true}}]", "guardrails")]
    [InlineData("litellm_settings: {guardrails: [{prompt_injection: {default_on: true}}]}", "litellm_settings.guardrails")]
    [InlineData("litellm_settings: {upperbound_key_generate_params: {max_budget: 5}}", "litellm_settings.upperbound_key_generate_params")]
    [InlineData("litellm_settings: {callbacks: [hide_secrets]}", "litellm_settings.callbacks.hide_secrets")]
    public void WhatIsNotSo_IsAWarning_ThatAStartTells(string settings, string path, params string[] variables)
    {
        Assert.Contains(StartWarnings.Of(Load(settings, variables).Report), f => f.Path == path);
        Assert.DoesNotContain(StartWarnings.Of(Load("").Report), f => f.Path == path);
    }

    [Theory]
    [InlineData("general_settings: {database_url: os.environ/DATABASE_URL}", "DATABASE_URL", "postgresql://u:p@db:5432/litellm")]
    [InlineData("", "DATABASE_URL", "mysql://u:p@db/app")]
    [InlineData("litellm_settings: {success_callback: [langfuse]}\ngateway_settings: {telemetry: {capture_messages: false}}", "LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk")]
    [InlineData("litellm_settings: {success_callback: [langfuse], turn_off_message_logging: true}", "LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk")]
    [InlineData("general_settings: {master_key: sk-1}\nlitellm_settings: {max_end_user_budget: 5}\ngateway_settings: {access: {allow_user_field: true}}")]
    [InlineData("litellm_settings: {max_end_user_budget: 5}")]
    public void WhoKnowsIt_IsNotToldAgain(string settings, params string[] variables) => Assert.Empty(StartWarnings.Of(Load(settings, variables).Report));

    [Theory]
    [InlineData("chat", false)]
    [InlineData("embedding", false)]
    [InlineData("image_generation", true)]
    [InlineData("audio_transcription", true)]
    [InlineData("rerank", true)]
    public void AModeWithoutARoute_IsAWarning(string mode, bool isWarning)
    {
        var (_, report) = ConfigLoader.Load($"model_list: [{{model_name: m, litellm_params: {{model: openai/x}}, model_info: {{mode: {mode}}}}}]", _ => null);
        Assert.Equal(isWarning ? FindingKind.Warning : FindingKind.Honoured, Assert.Single(report.Findings, f => f.Path.EndsWith("model_info.mode", StringComparison.Ordinal)).Kind);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(5, 5.0)]
    public void ABudgetOfEverybodyThatIsZero_IsNone(int budget, double? most) =>
        Assert.Equal(most, Load($"litellm_settings: {{max_budget: {budget}, budget_duration: 30d}}").Catalog.Settings.Limits.All.Budget?.Max);

    /// <summary>One that cannot be served, or a number that is too large, keeps no other from being served.</summary>
    [Theory]
    [InlineData("{model: azure/gpt-4o, api_base: os.environ/NOT_SET, api_key: k}", "", 1)]
    [InlineData("{model: hosted_vllm/x, api_base: '${NOT_SET:-}'}", "", 1)]
    [InlineData("{model: openai/x, api_base: '${NOT_SET:-}'}", "", 1)]
    [InlineData("{model: my-llama, api_base: ''}", "", 1)]
    [InlineData("{model: openai/x, extra_headers: {X-A: os.environ/NOT_SET}}", "", 2)]
    [InlineData("{model: openai/x, max_parallel_requests: 0}", "", 2)]
    [InlineData("{model: openai/x}", "router_settings: {routing_strategy: latency-based-routing, routing_strategy_args: {max_latency_list_size: 100}}", 2)]
    public void WithWhatLiteLlmStarts_ThisStarts(string parameters, string more, int models)
    {
        var (catalog, report) = ConfigLoader.Load(
            $"model_list:\n- {{model_name: other, litellm_params: {{model: ollama/llama3.2, api_base: 'http://localhost:11434'}}}}\n- {{model_name: m, litellm_params: {parameters}}}\n{more}\n", _ => null);
        Assert.False(report.HasErrors, string.Join("; ", report.Findings.Where(f => f.Kind == FindingKind.Error).Select(f => $"{f.Path}: {f.Text}")));
        Assert.Equal(models, catalog.Groups.Length);
    }

    [Fact]
    public void AnIdThatIsThereTwice_IsToldApart()
    {
        var (catalog, report) = ConfigLoader.Load(
            "model_list: [{model_name: a, litellm_params: {model: openai/x}, model_info: {id: same}}, {model_name: b, litellm_params: {model: openai/y}, model_info: {id: same}}]", _ => null);
        Assert.Equal(["same", "same-2"], catalog.Groups.SelectMany(g => g.Deployments).Select(d => d.Id));
        Assert.Equal("model_list[1].model_info.id", Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning).Path);
    }

    [Theory]
    [InlineData("", "gemini")]
    [InlineData(", vertex_project: p", "vertex_ai")]
    [InlineData(", vertex_project: p, api_key: k", "gemini")]
    public void GeminiWithoutAPrefix_IsVertexAis_WhereThereIsAProject(string more, string provider)
    {
        var (catalog, _) = ConfigLoader.Load($"model_list: [{{model_name: m, litellm_params: {{model: gemini-2.5-pro{more}}}}}]", _ => null);
        Assert.Equal(provider, catalog.Groups[0].Deployments[0].Provider);
    }

    private static (GatewayCatalog Catalog, ConfigReport Report) Load(string settings, params string[] variables) =>
        ConfigLoader.Load($"{OneModel}{settings}\n", name => Array.IndexOf(variables, name) is >= 0 and var at ? variables[at + 1] : null);
}
