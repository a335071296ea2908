using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary><c>reasoning_effort</c> in the words and numbers of other services.</summary>
internal static class ReasoningEffort
{
    /// <summary>The word in it: LiteLLM's clients may say it beside a <c>summary</c>, in an object.</summary>
    /// <returns>A string; undefined: none is said.</returns>
    /// <exception cref="UpstreamException">The caller's fault: it is of another kind.</exception>
    public static JsonElement WordOf(JsonElement given)
    {
        var word = given.ValueKind == JsonValueKind.Object ? given.TryGetProperty("effort", out var within) ? within : default : given;
        return word.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => default,
            JsonValueKind.String => word,
            _ => throw UpstreamException.CallerFault("reasoning_effort", "reasoning_effort must be a string, or an object with an effort."),
        };
    }

    /// <summary>One of those that the model is told; null: what it does by itself. LiteLLM's clients say <c>disable</c>, Groq's <c>default</c>.</summary>
    /// <exception cref="UpstreamException">The caller's fault: no such effort.</exception>
    public static string? Of(string effort) => effort switch
    {
        "none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max" => effort,
        "disable" => "none",
        "default" => null,
        _ => throw UpstreamException.CallerFault("reasoning_effort", "reasoning_effort must be none, minimal, low, medium, high, xhigh or max."),
    };

    /// <summary>Tokens to think with: LiteLLM's numbers, and more for the two efforts that it does not know.</summary>
    public static int Budget(string effort) => effort switch { "none" => 0, "minimal" or "low" => 1024, "medium" => 2048, "high" => 4096, _ => 16_384 };
}
