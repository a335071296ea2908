using System.Collections.Frozen;
using OrleansLlm.Providers.AzureAi;
using OrleansLlm.Providers.Bedrock;
using OrleansLlm.Providers.Responses;
using OrleansLlm.Providers.Vertex;
using static OrleansLlm.Providers.UpstreamOperation;

namespace OrleansLlm.Providers;

/// <summary>
/// The providers that <see cref="IUpstream"/> understands. What each does not support is from its own API reference and, where that is silent,
/// from the lists in LiteLLM (https://docs.litellm.ai/docs/providers).
/// </summary>
public static class UpstreamProviders
{
    /// <summary>Behind the name of a provider: what it is for those of its models that are asked at the Responses API.</summary>
    private const string AtResponses = "/responses";

    private static readonly FrozenDictionary<string, UpstreamProvider> ByName = new UpstreamProvider[]
    {
        Local("ollama"),
        Local("ollama_chat"),
        new("openai", UpstreamWire.OpenAi, "https://api.openai.com/v1") { ServesOpenAisModels = true, ReadsThoughts = false },
        new("azure", UpstreamWire.Azure, null) { ServesOpenAisModels = true, ReadsThoughts = false },
        new("openai" + AtResponses, UpstreamWire.Responses, "https://api.openai.com/v1") { Operations = [Chat], ServesOpenAisModels = true, ReadsThoughts = false, GivesOneChoice = true, Unsupported = NotResponses },
        new("azure" + AtResponses, UpstreamWire.Responses, null) { Operations = [Chat], ServesOpenAisModels = true, ReadsThoughts = false, GivesOneChoice = true, Unsupported = NotResponses },
        new("anthropic", UpstreamWire.Anthropic, "https://api.anthropic.com")
        {
            Operations = [Chat],
            GivesOneChoice = true,
            Unsupported = NotAnthropic,
        },
        new("gemini", UpstreamWire.Gemini, "https://generativelanguage.googleapis.com/v1beta") { Operations = [Chat, Embedding], Unsupported = NotGemini, MostTexts = 100 },
        new(VertexModels.Provider, UpstreamWire.VertexAi, null) { Operations = [Chat, Embedding], Unsupported = NotGemini },
        new(VertexModels.Claude, UpstreamWire.VertexClaude, null) { Operations = [Chat], GivesOneChoice = true, Unsupported = NotAnthropic },
        new(VertexModels.Mistral, UpstreamWire.VertexOpenAi, null) { Operations = [Chat], Unsupported = NotMistral, Renamed = Mistrals, ReadsThoughts = false, RefusedHints = HintsButForTheKey },
        new(VertexModels.Open, UpstreamWire.VertexOpenAi, null) { Operations = [Chat], Renamed = OlderLimit },
        new(AzureAiModels.Provider, UpstreamWire.AzureAi, null) { Operations = [Chat, Embedding], Renamed = OlderLimit, ReadsThoughts = false },
        new(AzureAiModels.Claude, UpstreamWire.Anthropic, null) { Operations = [Chat], GivesOneChoice = true, Unsupported = NotAnthropic },
        new("bedrock", UpstreamWire.Bedrock, null)
        {
            Operations = [Chat],
            GivesOneChoice = true,
            Enforced = Set(OpenAiToConverse.Guardrail),
            Unsupported = Set("frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "user", "parallel_tool_calls", "verbosity",
                "prediction", "modalities", "audio", "web_search_options", "functions", "function_call"),
        },
        new("together_ai", UpstreamWire.OpenAi, "https://api.together.xyz/v1") { Renamed = OlderLimit },
        new("deepseek", UpstreamWire.OpenAi, "https://api.deepseek.com/v1")
        {
            Operations = [Chat, Completion],
            Unsupported = Set("logit_bias", "n", "seed", "user", "parallel_tool_calls", "service_tier", "prediction", "modalities", "audio", "verbosity"),
            Renamed = OlderLimit,
            RefusesCacheMarks = true,
        },
        new("groq", UpstreamWire.OpenAi, "https://api.groq.com/openai/v1")
        {
            Operations = [Chat],
            Unsupported = Set("logit_bias", "logprobs", "top_logprobs", "n"),
            ReadsThoughts = false,
            RefusedHints = Set([.. HintsButForTheKey, "prompt_cache_key"]),
        },
        new("mistral", UpstreamWire.OpenAi, "https://api.mistral.ai/v1")
        {
            Unsupported = NotMistral,
            Renamed = Mistrals,
            ReadsThoughts = false,
            RefusedHints = HintsButForTheKey,
        },
        new("cerebras", UpstreamWire.OpenAi, "https://api.cerebras.ai/v1") { Operations = [Chat, Completion], ReadsThoughts = false, RefusedHints = HintsButForTheKey },
        new("openrouter", UpstreamWire.OpenAi, "https://openrouter.ai/api/v1"),
        new("xai", UpstreamWire.OpenAi, "https://api.x.ai/v1") { Operations = [Chat, Completion], Unsupported = Set("logit_bias") },
        new("fireworks_ai", UpstreamWire.OpenAi, "https://api.fireworks.ai/inference/v1") { Renamed = OlderLimit, RefusesCacheMarks = true },
        new("perplexity", UpstreamWire.OpenAi, "https://api.perplexity.ai")
        {
            Operations = [Chat],
            Unsupported = Set("tools", "tool_choice", "parallel_tool_calls", "logit_bias", "logprobs", "top_logprobs", "n", "seed", "stop",
                "service_tier", "prediction", "modalities", "audio", "verbosity"),
            Renamed = OlderLimit,
        },
        new("huggingface", UpstreamWire.OpenAi, "https://router.huggingface.co/v1") { Renamed = OlderLimit },
        new("lm_studio", UpstreamWire.OpenAi, "http://localhost:1234/v1") { Unsupported = Set("n", "logprobs", "top_logprobs"), Renamed = OlderLimit },
        new("llamafile", UpstreamWire.OpenAi, "http://127.0.0.1:8080/v1") { Renamed = OlderLimit },
        new("llamacpp", UpstreamWire.OpenAi, "http://localhost:8080/v1") { Renamed = OlderLimit },
        Vllm("hosted_vllm"),
        Vllm("vllm"),
        new("openai_like", UpstreamWire.OpenAi, null),
    }.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>What stands before the first slash of a configured model, in alphabetical order.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. ByName.Keys.Where(name => !name.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>With those that another one is for some of its models, in alphabetical order.</summary>
    public static IReadOnlyList<UpstreamProvider> All { get; } = [.. ByName.Values.OrderBy(provider => provider.Name, StringComparer.Ordinal)];

    private static Dictionary<string, string> OlderLimit => new() { ["max_completion_tokens"] = "max_tokens" };

    private static Dictionary<string, string> Mistrals => new(OlderLimit) { ["seed"] = "random_seed" };

    /// <summary>They cache by <c>prompt_cache_key</c> themselves.</summary>
    private static FrozenSet<string> HintsButForTheKey => Set("prompt_cache_options", "prompt_cache_retention", "safety_identifier", "moderation");

    private static FrozenSet<string> NotMistral => Set("logit_bias", "logprobs", "top_logprobs", "user", "service_tier", "modalities", "audio", "verbosity");

    private static FrozenSet<string> NotAnthropic => Set("frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "verbosity",
        "prediction", "modalities", "audio", "functions", "function_call");

    private static FrozenSet<string> NotGemini => Set("logit_bias", "logprobs", "top_logprobs", "user", "parallel_tool_calls", "service_tier", "prediction", "audio",
        "verbosity", "functions", "function_call");

    private static FrozenSet<string> NotResponses => Set("frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "stop", "prediction",
        "modalities", "audio", "functions", "function_call");

    public static bool IsKnown(string provider) => ByName.ContainsKey(provider);

    /// <exception cref="ArgumentException">The provider is unknown.</exception>
    public static UpstreamProvider Find(string provider) => ByName.TryGetValue(provider, out var known)
        ? known
        : throw new ArgumentException($"Unknown provider '{provider}'. Known: {string.Join(", ", Known)}.", nameof(provider));

    /// <summary>What a provider is for one of its models.</summary>
    /// <param name="baseModel">As <see cref="UpstreamRequest.BaseModel"/>.</param>
    /// <param name="atResponses">As <see cref="UpstreamRequest.AtResponses"/>.</param>
    /// <exception cref="ArgumentException">The provider is unknown.</exception>
    public static UpstreamProvider Serving(string provider, string model, string? baseModel, bool? atResponses)
    {
        var known = Find(provider);
        if (ModelDoors.Of(provider, model, baseModel) is { } door) return Find(door);
        return ResponsesModels.AreAsked(known, model, baseModel, atResponses) ? AtResponsesOf(known) : known;
    }

    /// <summary>Why a provider cannot be asked for one of its models, as a part of a sentence; null: it can.</summary>
    public static string? WhyNotServed(string provider, string model) => ModelDoors.WhyNotServed(provider, model);

    /// <summary>An address is that of a resource at Azure, which has a door for OpenAI's models.</summary>
    public static bool IsAzureResource(Uri address) => AzureAiAddress.IsResource(address);

    /// <summary>OpenAI serves the models, in whichever of its regions, or Azure; under the name of OpenAI many run a server of their own.</summary>
    public static bool AreOpenAis(string provider, Uri address) => provider is "azure" or "azure" + AtResponses
        || (provider is "openai" or "openai" + AtResponses && (address.IdnHost.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase) || IsAzureResource(address)));

    /// <summary>The same for a model that is asked at the Responses API.</summary>
    internal static UpstreamProvider AtResponsesOf(UpstreamProvider provider) => Find(provider.Name + AtResponses);

    /// <exception cref="ArgumentException">The provider is unknown, or has no usual address.</exception>
    public static Uri DefaultBase(string provider) => Find(provider).DefaultBase is { } address
        ? new Uri(address)
        : throw new ArgumentException($"The provider '{provider}' has no default address.", nameof(provider));

    private static UpstreamProvider Local(string name) => new(name, UpstreamWire.Ollama, "http://localhost:11434")
    {
        GivesOneChoice = true,
        Unsupported = Set("logit_bias", "tool_choice", "parallel_tool_calls", "service_tier", "prediction", "modalities", "audio", "verbosity",
            "web_search_options", "functions", "function_call"),
    };

    private static UpstreamProvider Vllm(string name) => new(name, UpstreamWire.OpenAi, null)
        { Unsupported = Set("service_tier", "prediction", "modalities", "audio", "verbosity", "web_search_options") };

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
