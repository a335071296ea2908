using System.Collections.Frozen;

namespace OrleansLlm.Providers;

/// <summary>The optional parameters of OpenAI's requests: what rules about supported parameters speak of. Others are vendors' extras.</summary>
internal static class OpenAiParameters
{
    public static FrozenSet<string> All { get; } = new[]
    {
        "audio", "best_of", "dimensions", "echo", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
        "max_completion_tokens", "max_tokens", "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty", "reasoning_effort",
        "response_format", "seed", "service_tier", "stop", "suffix", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
        "verbosity", "web_search_options",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What the provider does not honour, of those of its requests that this operation has.</summary>
    public static bool IsUnsupported(UpstreamProvider provider, string name, ParameterRules rules) =>
        provider.Unsupported.Contains(name) && !rules.Allowed.Contains(name);
}
