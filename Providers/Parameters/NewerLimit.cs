namespace OrleansLlm.Providers;

/// <summary>
/// OpenAI's models that reason refuse <c>max_tokens</c>, which Anthropic's clients have to send and most others do: what they know is
/// <c>max_completion_tokens</c> (https://platform.openai.com/docs/api-reference/chat/create).
/// </summary>
internal static class NewerLimit
{
    public const string Name = "max_completion_tokens";

    public const string Older = "max_tokens";

    /// <summary>Beginnings of their names, as the documentation lists them.</summary>
    public static IReadOnlyList<string> Families { get; } = ["gpt-5", "o1", "o3", "o4"];

    /// <summary>By the model's name behind any prefix; on Azure that of the deployment, which is usually the model's.</summary>
    public static bool IsWanted(UpstreamRequest request, UpstreamProvider provider)
    {
        if (!provider.ServesOpenAisModels || request.Operation != UpstreamOperation.Chat) return false;
        var name = request.Model.AsSpan(request.Model.LastIndexOf('/') + 1);
        if (name.StartsWith("ft:", StringComparison.Ordinal)) name = name[3..];
        foreach (var family in Families)
        {
            // Not the o1 of another word.
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase) && (name.Length == family.Length || !char.IsLetterOrDigit(name[family.Length]))) return true;
        }

        return false;
    }
}
