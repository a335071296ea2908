using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Ollama's flat array of token probabilities as OpenAI's object, whose schema wants bytes and top_logprobs in every
/// entry.</summary>
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
