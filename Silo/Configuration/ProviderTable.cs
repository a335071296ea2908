using System.Collections.Frozen;
using System.Globalization;
using OrleansLlm.Providers;

namespace OrleansLlm.Silo.Configuration;

/// <summary>LiteLLM's provider prefixes with the environment variables that LiteLLM reads for each; what they can do says
/// <see cref="UpstreamProviders"/>.</summary>
internal static class ProviderTable
{
    private static readonly FrozenDictionary<string, ProviderEntry> ByPrefix = new ProviderEntry[]
    {
        new("ollama", [], ["OLLAMA_API_BASE", "OLLAMA_BASE_URL"]),
        new("ollama_chat", [], ["OLLAMA_API_BASE", "OLLAMA_BASE_URL"]),
        new("openai", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL", "OPENAI_API_BASE"]),
        new("azure", ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"], ["AZURE_API_BASE"]),
        new("anthropic", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"]),
        new("gemini", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], ["GEMINI_API_BASE"]),
        new("vertex_ai", [], ["VERTEXAI_API_BASE"]),
        new("azure_ai", ["AZURE_AI_API_KEY"], ["AZURE_AI_API_BASE"]),
        new("bedrock", ["AWS_BEARER_TOKEN_BEDROCK"], ["AWS_BEDROCK_RUNTIME_ENDPOINT"]),
        new("together_ai", ["TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"], []),
        new("deepseek", ["DEEPSEEK_API_KEY"], ["DEEPSEEK_API_BASE"]),
        new("groq", ["GROQ_API_KEY"], []),
        new("cerebras", ["CEREBRAS_API_KEY"], ["CEREBRAS_API_BASE"]),
        new("mistral", ["MISTRAL_API_KEY"], ["MISTRAL_API_BASE"]),
        new("openrouter", ["OPENROUTER_API_KEY"], ["OPENROUTER_API_BASE"]),
        new("xai", ["XAI_API_KEY"], ["XAI_API_BASE"]),
        new("fireworks_ai", ["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"], []),
        new("perplexity", ["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"], []),
        new("huggingface", ["HUGGINGFACE_API_KEY", "HF_TOKEN"], []),
        new("lm_studio", ["LM_STUDIO_API_KEY"], ["LM_STUDIO_API_BASE"]),
        new("llamafile", [], ["LLAMAFILE_API_BASE"]),
        new("hosted_vllm", ["HOSTED_VLLM_API_KEY"], ["HOSTED_VLLM_API_BASE"]),
        new("vllm", ["HOSTED_VLLM_API_KEY"], ["HOSTED_VLLM_API_BASE"]),
        new("llamacpp", [], []),
        new("openai_like", ["OPENAI_LIKE_API_KEY"], ["OPENAI_LIKE_API_BASE"]),
    }.ToFrozenDictionary(p => p.Prefix, StringComparer.Ordinal);

    private static readonly (string Prefix, string[] Begins)[] Makers =
    [
        ("openai", ["gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "davinci", "babbage"]),
        ("anthropic", ["claude-"]),
        ("gemini", ["gemini-"]),
    ];

    /// <summary>LiteLLM's prefixes that this version cannot serve; a deployment of theirs is left out, and said so.</summary>
    private static readonly FrozenSet<string> NotYet =
        new[]
        {
            "bedrock_converse", "bedrock_mantle", "sagemaker", "sagemaker_chat", "sagemaker_nova", "amazon_nova", "replicate", "watsonx", "watsonx_text", "snowflake", "predibase", "nlp_cloud",
            "triton", "oci", "clarifai", "aleph_alpha", "anthropic_text", "bytez", "chatgpt", "datarobot", "gigachat", "github_copilot", "heroku", "langgraph", "manus", "maritalk", "oobabooga", "palm",
            "petals", "ragflow", "text-completion-codestral",
            // Of LiteLLM's own, or without a chat.
            "auto_router", "dotprompt", "humanloop", "langfuse", "aws_polly", "black_forest_labs", "deepgram", "elevenlabs", "fal_ai", "recraft", "runwayml", "stability", "topaz",
        }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Of those that have a dialect, or a variant of one, for themselves.</summary>
    public static IEnumerable<string> Prefixes => ByPrefix.Keys.Order(StringComparer.Ordinal);

    public static IEnumerable<string> AllPrefixes => ByPrefix.Keys.Concat(OtherServices.ByPrefix.Keys).Order(StringComparer.Ordinal);

    public static ProviderEntry? Find(string prefix) => ByPrefix.GetValueOrDefault(prefix) ?? OtherServices.ByPrefix.GetValueOrDefault(prefix);

    public static bool IsNotYetServed(string prefix) => NotYet.Contains(prefix);

    /// <summary>The provider that LiteLLM infers from a model name without a prefix; null when it infers none.</summary>
    public static ProviderEntry? Infer(string model) =>
        Makers.FirstOrDefault(m => m.Begins.Any(p => model.StartsWith(p, StringComparison.Ordinal))) is { Prefix: { } prefix } ? ByPrefix[prefix] : null;

    /// <summary>How the names begin from which a provider is inferred.</summary>
    public static string[] NamesOf(string prefix) => Makers.FirstOrDefault(m => m.Prefix == prefix).Begins ?? [];
}

/// <param name="Prefix">Before the first slash of <c>litellm_params.model</c>.</param>
/// <param name="KeyVariables">Environment variables that hold its key, the first that is set wins.</param>
/// <param name="BaseVariables">Likewise for its address.</param>
internal sealed record ProviderEntry(string Prefix, string[] KeyVariables, string[] BaseVariables)
{
    /// <summary>The provider of ours that speaks to it.</summary>
    public string Dialect { get; init; } = Prefix;

    /// <summary>Its usual address where that is not its dialect's.</summary>
    public string? OwnBase { get; init; }

    /// <summary>The variable that names the account its usual address is made of, and that address.</summary>
    public (string Variable, string Address)? BaseOfAccount { get; init; }

    /// <summary>Its address when the configuration gives none; null: it must give one.</summary>
    public string? DefaultBase => OwnBase ?? UpstreamProviders.Find(Dialect).DefaultBase;

    /// <returns>Null: it has none that is made of an account's name, or the variable with that name is not set.</returns>
    public string? AddressOfAccount(Func<string, string?> variable) =>
        BaseOfAccount is { } made && variable(made.Variable) is { Length: > 0 } account ? string.Format(CultureInfo.InvariantCulture, made.Address, Uri.EscapeDataString(account)) : null;

    public UpstreamWire Wire => UpstreamProviders.Find(Dialect).Wire;

    public bool IsOllama => Wire == UpstreamWire.Ollama;
}
