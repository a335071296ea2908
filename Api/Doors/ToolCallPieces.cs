using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Anthropic;

namespace OrleansLlm.Api.Doors;

/// <summary>One piece of a tool call, as a delta of OpenAI's has it.</summary>
/// <param name="Index">Which call it is of.</param>
/// <param name="Arguments">With quotes and escapes; empty: none.</param>
internal sealed record ToolCallPiece(int Index, string? Id, string? Name, ReadOnlyMemory<byte> Arguments)
{
    /// <summary>What Anthropic's models say of it besides: members, with a comma before each.</summary>
    public ReadOnlyMemory<byte> Own { get; init; }
}

/// <summary>Reads <c>delta.tool_calls</c>, of servers that leave the index out as well. One for each answer.</summary>
internal sealed class ToolCallPieces
{
    private int _last = -1;

    public List<ToolCallPiece> Read(ReadOnlySpan<byte> array)
    {
        var pieces = new List<ToolCallPiece>(1);
        using var document = JsonDocument.Parse(array.ToArray(), NestedJson.Document);
        foreach (var call in document.RootElement.EnumerateArray())
        {
            if (call.ValueKind != JsonValueKind.Object) continue;
            var function = call.TryGetProperty("function", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
            var (id, name) = (Text(call, "id"), Text(function, "name"));
            // Who sends no index sends whole calls, or the next call under a new id.
            _last = call.TryGetProperty("index", out var index) && index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var number) ? number
                : id is not null || _last < 0 ? _last + 1 : _last;
            pieces.Add(new ToolCallPiece(_last, id, name, ArgumentsOf(function)) { Own = call.TryGetProperty(OwnMembers.Call, out var own) ? OwnMembers.MembersOf(own) : default });
        }

        return pieces;
    }

    private static byte[] ArgumentsOf(JsonElement function)
    {
        if (function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("arguments", out var arguments)) return [];
        return arguments.ValueKind switch
        {
            JsonValueKind.String => JsonMarshal.GetRawUtf8Value(arguments).ToArray(),
            JsonValueKind.Object => JsonBuffer.Quote(arguments.GetRawText()),
            _ => [],
        };
    }

    /// <returns>Null: there is none, or it is no text.</returns>
    private static string? Text(JsonElement from, string name)
    {
        if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out var text) || text.ValueKind != JsonValueKind.String) return null;
        try
        {
            return text.GetString() is { Length: > 0 } value ? value : null;
        }
        catch (InvalidOperationException)
        {
            // Half a character.
            return null;
        }
    }
}
