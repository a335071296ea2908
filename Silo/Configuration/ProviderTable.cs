using System.Collections.Frozen;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// LiteLLM's provider prefixes: the dialect that serves each, where it lives and which environment variables LiteLLM reads for it.
/// </summary>
internal static class ProviderTable
{
    private const string OpenAi = "openai";

    private static readonly FrozenDictionary<string, ProviderEntry> ByPrefix = new ProviderEntry[]
    {
        new("ollama", "ollama", "http://localhost:11434", [], ["OLLAMA_API_BASE", "OLLAMA_BASE_URL"]),
        new("ollama_chat", "ollama_chat", "http://localhost:11434", [], ["OLLAMA_API_BASE", "OLLAMA_BASE_URL"]),
        new(OpenAi, OpenAi, "https://api.openai.com/v1", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL", "OPENAI_API_BASE"]),
        new("together_ai", OpenAi, "https://api.together.xyz/v1", ["TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"], []),
        new("deepseek", OpenAi, "https://api.deepseek.com/v1", ["DEEPSEEK_API_KEY"], ["DEEPSEEK_API_BASE"]),
        new("groq", OpenAi, "https://api.groq.com/openai/v1", ["GROQ_API_KEY"], []),
        new("mistral", OpenAi, "https://api.mistral.ai/v1", ["MISTRAL_API_KEY"], ["MISTRAL_API_BASE"]),
        new("openrouter", OpenAi, "https://openrouter.ai/api/v1", ["OPENROUTER_API_KEY"], ["OPENROUTER_API_BASE"]),
        new("xai", OpenAi, "https://api.x.ai/v1", ["XAI_API_KEY"], ["XAI_API_BASE"]),
        new("fireworks_ai", OpenAi, "https://api.fireworks.ai/inference/v1", ["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"], []),
        new("perplexity", OpenAi, "https://api.perplexity.ai", ["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"], []),
        new("huggingface", OpenAi, "https://router.huggingface.co/v1", ["HUGGINGFACE_API_KEY", "HF_TOKEN"], []),
        new("lm_studio", OpenAi, "http://localhost:1234/v1", ["LM_STUDIO_API_KEY"], ["LM_STUDIO_API_BASE"]),
        new("llamafile", OpenAi, "http://127.0.0.1:8080/v1", [], ["LLAMAFILE_API_BASE"]),
        new("hosted_vllm", OpenAi, null, ["HOSTED_VLLM_API_KEY"], ["HOSTED_VLLM_API_BASE"]),
        new("vllm", OpenAi, null, ["HOSTED_VLLM_API_KEY"], ["HOSTED_VLLM_API_BASE"]),
        new("llamacpp", OpenAi, "http://localhost:8080/v1", [], []),
        new("openai_like", OpenAi, null, ["OPENAI_LIKE_API_KEY"], ["OPENAI_LIKE_API_BASE"]),
        new("gemini", OpenAi, "https://generativelanguage.googleapis.com/v1beta/openai", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], [])
            { Note = "through its OpenAI-compatible door" },
        new("anthropic", OpenAi, "https://api.anthropic.com/v1", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_API_BASE"])
            { Note = "through its OpenAI-compatible door" },
    }.ToFrozenDictionary(p => p.Prefix, StringComparer.Ordinal);

    /// <summary>LiteLLM's prefixes that this version cannot serve; a deployment of theirs is left out, and said so.</summary>
    private static readonly FrozenSet<string> NotYet =
        new[] { "vertex_ai", "azure", "azure_ai", "bedrock", "cohere", "cohere_chat", "replicate", "sagemaker", "watsonx" }.ToFrozenSet(StringComparer.Ordinal);

    public static IEnumerable<string> Prefixes => ByPrefix.Keys.Order(StringComparer.Ordinal);

    public static ProviderEntry? Find(string prefix) => ByPrefix.GetValueOrDefault(prefix);

    public static bool IsNotYetServed(string prefix) => NotYet.Contains(prefix);

    /// <summary>The provider that LiteLLM infers from a model name without a prefix; null when it infers none.</summary>
    public static ProviderEntry? Infer(string model)
    {
        string[] openAi = ["gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "davinci", "babbage"];
        if (openAi.Any(p => model.StartsWith(p, StringComparison.Ordinal))) return ByPrefix[OpenAi];
        if (model.StartsWith("claude-", StringComparison.Ordinal)) return ByPrefix["anthropic"];
        return model.StartsWith("gemini-", StringComparison.Ordinal) ? ByPrefix["gemini"] : null;
    }
}

/// <param name="Prefix">Before the first slash of <c>litellm_params.model</c>.</param>
/// <param name="Dialect">The provider of ours that speaks to it.</param>
/// <param name="DefaultBase">Its address when the configuration gives none; null: it must give one.</param>
/// <param name="KeyVariables">Environment variables that hold its key, the first that is set wins.</param>
/// <param name="BaseVariables">Likewise for its address.</param>
internal sealed record ProviderEntry(string Prefix, string Dialect, string? DefaultBase, string[] KeyVariables, string[] BaseVariables)
{
    public string? Note { get; init; }

    public bool IsOllama => Dialect.StartsWith("ollama", StringComparison.Ordinal);
}
