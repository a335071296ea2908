namespace OrleansLlm.Providers;

/// <summary><c>reasoning_effort</c> in the words and numbers of other services.</summary>
internal static class ReasoningEffort
{
    /// <exception cref="UpstreamException">The caller's fault: no such effort.</exception>
    public static void Check(string effort)
    {
        if (effort is not ("none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max"))
            throw UpstreamException.CallerFault("reasoning_effort", "reasoning_effort must be none, minimal, low, medium, high, xhigh or max.");
    }

    /// <summary>Tokens to think with: LiteLLM's numbers, and more for the two efforts that it does not know.</summary>
    public static int Budget(string effort) => effort switch { "none" => 0, "minimal" or "low" => 1024, "medium" => 2048, "high" => 4096, _ => 16_384 };
}
