namespace OrleansLlm.Providers;

/// <summary>OpenAI's models that reason, by the beginning of their name as the documentation lists them.</summary>
internal static class OpenAiFamilies
{
    public static IReadOnlyList<string> All { get; } = ["gpt-5", "o1", "o3", "o4"];

    /// <summary>The model's name behind any prefix; on Azure that of the deployment, which is usually the model's, unless the configuration says what it is.</summary>
    public static ReadOnlySpan<char> NameOf(UpstreamRequest request) => NameOf(request.Model, request.BaseModel);

    /// <param name="baseModel">What it really is; null: what its name says.</param>
    public static ReadOnlySpan<char> NameOf(string model, string? baseModel)
    {
        model = baseModel ?? model;
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        return name.StartsWith("ft:", StringComparison.Ordinal) ? name[3..] : name;
    }

    /// <returns>Null: it is of none of them, or of another maker.</returns>
    public static string? Of(UpstreamRequest request, UpstreamProvider provider)
    {
        if (!provider.ServesOpenAisModels || request.Operation != UpstreamOperation.Chat) return null;
        var name = NameOf(request);
        foreach (var family in All)
        {
            // Not the o1 of another word.
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase) && (name.Length == family.Length || !char.IsLetterOrDigit(name[family.Length]))) return family;
        }

        return null;
    }
}
