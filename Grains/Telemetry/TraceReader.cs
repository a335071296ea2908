using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>Reads <see cref="TraceWords"/> in a request's body, where there is somebody to tell them to. Bounded.</summary>
internal static class TraceReader
{
    /// <summary>Characters, as Langfuse has it.</summary>
    private const int Longest = 200;

    private const int MostTags = 50;

    private static ReadOnlySpan<byte> Metadata => "\"metadata\""u8;

    private static ReadOnlySpan<byte> OfRequest => "\"litellm_session_id\""u8;

    /// <returns>Null: it says nothing.</returns>
    public static TraceWords? Read(InferenceRequest request)
    {
        var text = request.Body.Span;
        if (text.IndexOf(Metadata) < 0 && text.IndexOf(OfRequest) < 0) return null;
        using var body = Parse(request.Body);
        if (body is null || body.RootElement.ValueKind != JsonValueKind.Object) return null;
        var metadata = body.RootElement.TryGetProperty("metadata", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        var words = new TraceWords
        {
            Session = Text(metadata, "session_id") ?? Text(body.RootElement, "litellm_session_id"),
            Name = Text(metadata, "trace_name"),
            User = Text(metadata, "trace_user_id"),
            Generation = Text(metadata, "generation_name"),
            Tags = Tags(metadata),
        };
        return words is { Session: null, Name: null, User: null, Generation: null, Tags.IsEmpty: true } ? null : words;
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            // Whoever is to answer it will say so.
            return null;
        }
    }

    private static ImmutableArray<string> Tags(JsonElement metadata) =>
        metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
            ? [.. tags.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Take(MostTags).Select(t => Short(Read(t)))] : [];

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && Read(value) is { Length: > 0 } text ? Short(text) : null;

    /// <summary>Half a character in it is kept: it is no reason to fail a request.</summary>
    private static string Read(JsonElement value)
    {
        var text = new StringBuilder();
        JsonText.AppendText(text, value);
        return text.ToString();
    }

    private static string Short(string text) => text.Length <= Longest ? text : text[..Longest];
}
