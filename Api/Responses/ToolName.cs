using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Responses;

/// <summary>What a client calls a tool. A chat model knows no namespaces: it is told one name of both.</summary>
/// <param name="Namespace">Null: it is in none.</param>
/// <param name="Kind">The item that its call is.</param>
internal sealed record ToolName(string Name, string? Namespace, ItemKind Kind)
{
    /// <summary>
    /// Of a tool that a service's search would have to find first, as JSON. Here every model is told of it from the beginning, but clients refuse its call without the search.
    /// </summary>
    public string? ToBeFound { get; private init; }

    /// <summary>The tool by which a model finds others, if the client searches for it.</summary>
    public const string Search = "tool_search";

    /// <summary>OpenAI's own models know their ordinary functions by this namespace: it tells nothing.</summary>
    private const string Functions = "functions";

    /// <summary>The name that a chat model is told; the same in every request, so that the calls of its history have it too.</summary>
    public static string InChat(string? space, string name)
    {
        if (space is null or "" or Functions) return name;
        var whole = string.Concat($"{space.TrimEnd('_')}__{name}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
        return LongToolName.Fitted(whole);
    }

    /// <summary>The tools of a list by what a chat model calls them; by their own names as well, as models leave the namespace out.</summary>
    public static Dictionary<string, ToolName> In(JsonElement tools)
    {
        var searched = HasSearchOfAService(tools);
        var all = AllIn(tools, space: null).Select(tool => searched ? tool.Name with { ToBeFound = FoundAs(tool.Json, tool.Space) } : tool.Name).ToList();
        var names = new Dictionary<string, ToolName>(StringComparer.Ordinal);
        foreach (var tool in all) names.TryAdd(InChat(tool.Namespace, tool.Name), tool);
        foreach (var tool in all) names.TryAdd(tool.Name, tool);
        return names;
    }

    /// <summary>A response that an older version has stored may have anything in a namespace: it was not read then.</summary>
    private static IEnumerable<(ToolName Name, JsonElement Json, JsonElement? Space)> AllIn(JsonElement tools, JsonElement? space)
    {
        if (tools.ValueKind != JsonValueKind.Array) yield break;
        foreach (var tool in tools.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.Object))
        {
            var name = JsonTexts.Of(tool, "name");
            var of = space is { } given ? JsonTexts.Of(given, "name") : null;
            switch (JsonTexts.Of(tool, "type"))
            {
                case "function" when name is not null:
                    yield return (new ToolName(name, of, ItemKind.FunctionCall), tool, space);
                    break;
                case "custom" when name is not null:
                    yield return (new ToolName(name, of, ItemKind.CustomCall), tool, space);
                    break;
                case Search when space is null:
                    yield return (new ToolName(Search, null, ItemKind.SearchCall), tool, null);
                    break;
                case "namespace" when space is null && name is not null && tool.TryGetProperty("tools", out var within):
                    foreach (var inner in AllIn(within, tool)) yield return inner;
                    break;
                default:
                    // Nobody here runs it, so no model calls it.
                    break;
            }
        }
    }

    private static bool HasSearchOfAService(JsonElement tools) => tools.ValueKind == JsonValueKind.Array
        && tools.EnumerateArray().Any(t => t.ValueKind == JsonValueKind.Object && JsonTexts.Of(t, "type") == Search && JsonTexts.Of(t, "execution") is not "client");

    /// <returns>Null: it is no tool that waits for a search.</returns>
    private static string? FoundAs(JsonElement tool, JsonElement? space)
    {
        if (!tool.TryGetProperty("defer_loading", out var waits) || waits.ValueKind != JsonValueKind.True) return null;
        if (space is not { } whole) return tool.GetRawText();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ResponseJson.Relaxed))
        {
            json.WriteStartObject();
            foreach (var member in whole.EnumerateObject().Where(m => !m.NameEquals("tools"u8))) member.WriteTo(json);
            json.WriteStartArray("tools");
            tool.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
