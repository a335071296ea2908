using System.Collections.Frozen;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// What LiteLLM takes between the provider and the name of a model: which family a deployment of Azure's is of where its own name does not say so, and by which of
/// OpenAI's doors it is asked. None of it is part of the name.
/// </summary>
internal static class ModelRoutes
{
    /// <summary>By the words before the slash: a model of the family, which stands for what all of it take.</summary>
    private static readonly FrozenDictionary<string, string> Families =
        new Dictionary<string, string> { ["o_series"] = "o1", ["gpt5_series"] = "gpt-5" }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>OpenAI's Responses API, for models that have no chat completions.</summary>
    private const string Responses = "responses";

    /// <returns>Null: it cannot be asked; that is reported.</returns>
    public static ModelRoute? Read(ConfigSection p, ProviderEntry provider, string model, ConfigMap? info)
    {
        if (provider.Prefix == "bedrock") return BedrockRoutes.Read(p, model);
        if (provider.Prefix is not ("azure" or "openai" or "azure_ai")) return new ModelRoute(model);
        var route = new ModelRoute(model) { AtResponses = OfMode(info) };
        if (provider.Prefix == "azure_ai") return route;
        if (After(Responses, model) is { } name)
        {
            p.Report.Translated(p.PathOf("model"), p.Line, $"{provider.Prefix}/{name}, which is asked at the Responses API");
            route = route with { Model = name, AtResponses = true };
        }

        if (provider.Prefix != "azure") return route;
        foreach (var (family, like) in Families)
        {
            if (After(family, route.Model) is not { } own) continue;
            p.Report.Translated(p.PathOf("model"), p.Line, $"azure/{own}, which is asked as {like} is");
            return route with { Model = own, Like = SaysItself(own) ? null : like };
        }

        return route;
    }

    /// <summary>LiteLLM's <c>model_info.mode</c>; null: nothing is said.</summary>
    private static bool? OfMode(ConfigMap? info) => (info?.Find("mode") as ConfigScalar)?.Text is { Length: > 0 } mode ? mode == Responses : null;

    /// <returns>Null: it does not begin with the word.</returns>
    private static string? After(string word, string model) =>
        model.Length > word.Length + 1 && model[word.Length] == '/' && model.StartsWith(word, StringComparison.Ordinal) ? model[(word.Length + 1)..] : null;

    private static bool SaysItself(string name) => name.StartsWith("gpt-5", StringComparison.OrdinalIgnoreCase) || (name.Length > 1 && name[0] is 'o' or 'O' && char.IsAsciiDigit(name[1]));
}

/// <summary>A model as it is asked.</summary>
/// <param name="Model">Its name at the service.</param>
internal sealed record ModelRoute(string Model)
{
    /// <summary>The model that it is like; null: its name says that, or nothing does.</summary>
    public string? Like { get; init; }

    /// <summary>AWS's region that stands in it; null: none does.</summary>
    public string? Region { get; init; }

    /// <summary>As <see cref="Catalog.Deployment.AtResponses"/>.</summary>
    public bool? AtResponses { get; init; }
}
