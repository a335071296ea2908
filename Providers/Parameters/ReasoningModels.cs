using System.Collections.Frozen;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// What OpenAI's models that reason refuse, which their provider's row cannot say: it is true of some of its models alone. The lists are LiteLLM's, and what
/// OpenAI's reference adds (https://platform.openai.com/docs/guides/reasoning).
/// </summary>
internal static class ReasoningModels
{
    private static readonly FrozenSet<string> Always = Set("frequency_penalty", "logit_bias", "presence_penalty");
    private static readonly FrozenSet<string> WhileReasoning = Set("logprobs", "top_logprobs", "top_p");
    private static readonly FrozenSet<string> NotByGpt5 = Set("audio", "modalities", "prediction", "stop", "web_search_options");
    private static readonly string[] AlwaysReason = ["codex", "pro", "chat"];

    /// <param name="valueOf">A parameter of the request, from the body or the defaults; undefined: it has none.</param>
    public static bool Refuses(UpstreamRequest request, UpstreamProvider provider, string name, Func<string, JsonElement> valueOf)
    {
        if (OpenAiFamilies.Of(request, provider) is not { } family) return false;
        var model = OpenAiFamilies.NameOf(request);
        // The model of ChatGPT, which does not reason.
        if (model.StartsWith("gpt-5-chat", StringComparison.OrdinalIgnoreCase)) return false;
        if (Always.Contains(name)) return true;
        if (WhileReasoning.Contains(name)) return Reasons(model, valueOf);
        if (name == "temperature") return !IsOne(valueOf(name)) && Reasons(model, valueOf);
        return family switch
        {
            "gpt-5" => NotByGpt5.Contains(name) && !(name == "web_search_options" && model.Contains("search", StringComparison.OrdinalIgnoreCase)),
            "o3" or "o4" => name is "stop" or "parallel_tool_calls",
            _ => name == "parallel_tool_calls",
        };
    }

    /// <summary>From gpt-5.1 on it does so only when it is asked to, and takes then what any other model does; not so the variants that always reason.</summary>
    private static bool Reasons(ReadOnlySpan<char> model, Func<string, JsonElement> valueOf)
    {
        if (!model.StartsWith("gpt-5.", StringComparison.OrdinalIgnoreCase)) return true;
        foreach (var variant in AlwaysReason)
        {
            if (model.Contains(variant, StringComparison.OrdinalIgnoreCase)) return true;
        }

        var effort = valueOf("reasoning_effort");
        return effort.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null) && !(effort.ValueKind == JsonValueKind.String && effort.ValueEquals("none"u8));
    }

    private static bool IsOne(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number is 1;

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
