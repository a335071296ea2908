using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>What the answer has to be told of the request.</summary>
/// <param name="Stops">The client's stop sequences.</param>
/// <param name="LongNames">The client's names of tools by what a model is told that takes none as long.</param>
internal sealed record AskedOfClaude(ImmutableArray<string> Stops, IReadOnlyDictionary<string, string> LongNames)
{
    public static AskedOfClaude Nothing { get; } = new([], new Dictionary<string, string>());

    public static AskedOfClaude In(JsonElement body)
    {
        ImmutableArray<string> stops = Json.Array(body, "stop_sequences", "") is { } given
            ? [.. given.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.GetString()!)] : [];
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tool, where) in AnthropicTools.In(body))
        {
            if (Json.Text(tool, "name", where + ".") is { } name && LongToolName.IsLong(name)) names.TryAdd(LongToolName.Fitted(name), name);
        }

        return new AskedOfClaude(stops, names);
    }

    /// <summary>As the client calls it.</summary>
    public string NameOf(string told) => LongNames.GetValueOrDefault(told, told);
}
