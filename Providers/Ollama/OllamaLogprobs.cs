using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Ollama's flat array of token probabilities as OpenAI's object, whose schema wants bytes and top_logprobs in every
/// entry; and as the lists beside each other that a completion has.</summary>
internal static class OllamaLogprobs
{
    public static void Write(IBufferWriter<byte> to, ReadOnlySpan<byte> array)
    {
        using var document = JsonDocument.Parse(array.ToArray());
        using var json = new Utf8JsonWriter(to, JsonText.WriterOptions);
        json.WriteStartObject();
        json.WriteStartArray("content");
        foreach (var entry in document.RootElement.EnumerateArray()) WriteEntry(json, entry, withAlternatives: true);
        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    /// <param name="offset">Where the first token stands in the text.</param>
    /// <returns>Where the next one will.</returns>
    public static int WriteText(IBufferWriter<byte> to, ReadOnlySpan<byte> array, int offset)
    {
        using var document = JsonDocument.Parse(array.ToArray());
        var entries = document.RootElement.EnumerateArray().Select(entry => (Token: TokenOf(entry), Entry: entry)).ToList();
        using var json = new Utf8JsonWriter(to, JsonText.WriterOptions);
        json.WriteStartObject();
        json.WriteStartArray("tokens");
        foreach (var (token, _) in entries) token.WriteTo(json);
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var (_, entry) in entries) LogprobOf(entry).WriteTo(json);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var (_, entry) in entries) WriteAlternatives(json, entry);
        json.WriteEndArray();
        json.WriteStartArray("text_offset");
        foreach (var (token, _) in entries)
        {
            json.WriteNumberValue(offset);
            offset += token.GetString()!.EnumerateRunes().Count();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return offset;
    }

    private static void WriteAlternatives(Utf8JsonWriter json, JsonElement entry)
    {
        json.WriteStartObject();
        if (entry.TryGetProperty("top_logprobs", out var alternatives) && alternatives.ValueKind == JsonValueKind.Array)
        {
            // Two tokens may have the same text; the likelier one is told first.
            foreach (var one in alternatives.EnumerateArray().DistinctBy(one => TokenOf(one).GetString()))
            {
                json.WritePropertyName(TokenOf(one).GetString()!);
                LogprobOf(one).WriteTo(json);
            }
        }

        json.WriteEndObject();
    }

    /// <exception cref="JsonException">It has none: a completion's lists beside each other cannot leave one out.</exception>
    private static JsonElement TokenOf(JsonElement entry) => Member(entry, "token", JsonValueKind.String);

    /// <exception cref="JsonException">It has none.</exception>
    private static JsonElement LogprobOf(JsonElement entry) => Member(entry, "logprob", JsonValueKind.Number);

    private static JsonElement Member(JsonElement entry, string name, JsonValueKind kind) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : throw new JsonException();

    private static void WriteEntry(Utf8JsonWriter json, JsonElement entry, bool withAlternatives)
    {
        if (entry.ValueKind != JsonValueKind.Object) throw new JsonException();
        json.WriteStartObject();
        foreach (var member in entry.EnumerateObject())
        {
            if (member.Name != "top_logprobs") member.WriteTo(json);
        }

        if (!entry.TryGetProperty("bytes", out _)) json.WriteNull("bytes");
        if (withAlternatives)
        {
            json.WriteStartArray("top_logprobs");
            if (entry.TryGetProperty("top_logprobs", out var alternatives) && alternatives.ValueKind == JsonValueKind.Array)
            {
                foreach (var alternative in alternatives.EnumerateArray()) WriteEntry(json, alternative, withAlternatives: false);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
