namespace OrleansLlm.Providers;

/// <summary><c>reasoning_effort</c> in the words and numbers of other services.</summary>
internal static class ReasoningEffort
{
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
