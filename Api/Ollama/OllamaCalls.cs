using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>The tool calls of one answer, gathered until their arguments are whole.</summary>
internal sealed class OllamaCalls
{
    private readonly SortedDictionary<int, OpenCall> _calls = [];

    public bool IsEmpty => _calls.Count == 0;

    public void Add(ToolCallPiece piece)
    {
        if (!_calls.TryGetValue(piece.Index, out var call)) _calls[piece.Index] = call = new OpenCall();
        call.Id ??= piece.Id;
        call.Name ??= piece.Name;
        call.Arguments.AddQuoted(piece.Arguments.Span);
    }

    /// <summary>Ollama's array of them.</summary>
    public ReadOnlySpan<byte> ToJson() => JsonBuffer.Write(json =>
    {
        json.WriteStartArray();
        foreach (var (index, call) in _calls)
        {
            json.WriteStartObject();
            if (call.Id is not null) json.WriteString("id", call.Id);
            json.WriteStartObject("function");
            json.WriteNumber("index", index);
            json.WriteString("name", call.Name ?? "");
            json.WritePropertyName("arguments");
            ToolArguments.Write(json, call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }).Span;

    private sealed class OpenCall
    {
        public string? Id { get; set; }

        public string? Name { get; set; }

        public JoinedText Arguments { get; } = new();
    }
}
