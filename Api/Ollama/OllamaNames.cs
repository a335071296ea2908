using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Ollama;

/// <summary>Names of models as Ollama's clients write them: <c>name</c> is its old word for <c>model</c>, and <c>m</c> is short for <c>m:latest</c>.</summary>
internal static class OllamaNames
{
    private const string Latest = ":latest";

    /// <returns>Empty: it names none.</returns>
    public static string ModelOf(JsonElement body) => Json.Text(body, "model", "") ?? Json.Text(body, "name", "") ?? "";

    /// <returns>The name by which it is known here, with or without the tag; the given one if it is not.</returns>
    public static string Known(GatewayCatalog catalog, string model)
    {
        if (model.Length == 0 || catalog.FindGroup(model) is not null) return model;
        if (model.EndsWith(Latest, StringComparison.Ordinal))
        {
            var bare = model[..^Latest.Length];
            return catalog.FindGroup(bare) is null ? model : bare;
        }

        return !model.Contains(':') && catalog.FindGroup(model + Latest) is not null ? model + Latest : model;
    }

    /// <summary>The same model of one server.</summary>
    public static bool AreSame(string one, string other) => Bare(one) == Bare(other);

    private static string Bare(string model) => model.EndsWith(Latest, StringComparison.Ordinal) ? model[..^Latest.Length] : model;
}
