using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>The items of a stored answer that a client only names, by the ids that it has from a stream.</summary>
internal static class NamedItems
{
    /// <param name="items">The answer's, as it is stored: whole, all of its text in one message and all of its thoughts in one item.</param>
    /// <param name="ids">Those that the client names.</param>
    public static Dictionary<string, JsonObject> Among(JsonArray items, IReadOnlyCollection<string> ids)
    {
        var all = items.OfType<JsonObject>().ToDictionary(item => (string)item["id"]!, StringComparer.Ordinal);
        var found = ids.Where(all.ContainsKey).ToDictionary(id => id, id => all[id], StringComparer.Ordinal);
        var told = found.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var id in ids.Where(id => !all.ContainsKey(id)))
        {
            if (all.Keys.LastOrDefault(known => IsPartOf(known, id)) is { } whole) found[id] = told.Add(whole) ? all[whole] : Told();
        }

        return found;
    }

    /// <summary>A stream that goes from text to thoughts and back has several messages and thoughts; what is stored of them is one of each.</summary>
    private static bool IsPartOf(string whole, string id) =>
        (id.StartsWith("msg_", StringComparison.Ordinal) || id.StartsWith("rs_", StringComparison.Ordinal)) && whole.StartsWith(id[..(id.IndexOf('_') + 1)], StringComparison.Ordinal);

    /// <summary>The client names another part of the same item, which says it: nothing more is to be said.</summary>
    private static JsonObject Told() => new() { ["type"] = "reasoning" };
}
