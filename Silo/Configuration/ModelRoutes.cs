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

    /// <returns>The name without it, and the model that it is like; null: its name says that, or nothing does.</returns>
    public static (string Model, string? Like) Read(ConfigSection p, ProviderEntry provider, string model)
    {
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (provider.Prefix is not ("azure" or "openai") || slash < 1 || slash == model.Length - 1) return (model, null);
        var (route, name) = (model[..slash], model[(slash + 1)..]);
        if (route == "responses")
        {
            p.Report.Translated(p.PathOf("model"), p.Line, $"{provider.Prefix}/{name}, which is asked for chat completions: this version does not speak the Responses API to a backend");
            return (name, null);
        }

        if (provider.Prefix != "azure" || !Families.TryGetValue(route, out var like)) return (model, null);
        p.Report.Translated(p.PathOf("model"), p.Line, $"azure/{name}, which is asked as {like} is");
        return (name, SaysItself(name) ? null : like);
    }

    private static bool SaysItself(string name) => name.StartsWith("gpt-5", StringComparison.OrdinalIgnoreCase) || (name.Length > 1 && name[0] is 'o' or 'O' && char.IsAsciiDigit(name[1]));
}
