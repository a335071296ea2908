using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>OpenAI's <c>logprobs.content</c> is what Ollama has as <c>logprobs</c>. A completion has the same in lists beside each other.</summary>
internal static class OllamaLogprobs
{
    /// <returns>An array; null: there is none.</returns>
    public static byte[]? Of(ReadOnlySpan<byte> logprobs)
    {
        using var document = JsonDocument.Parse(logprobs.ToArray());
        return Of(document.RootElement);
    }

    /// <summary>As it stands: a token may be half a character.</summary>
    public static byte[]? Of(JsonElement logprobs) =>
        List(logprobs, "content") is { } content ? JsonMarshal.GetRawUtf8Value(content).ToArray()
        : List(logprobs, "tokens") is { } tokens ? OfCompletion(tokens, List(logprobs, "token_logprobs"), List(logprobs, "top_logprobs"))
        : null;

    private static byte[] OfCompletion(JsonElement tokens, JsonElement? logprobs, JsonElement? alternatives) => JsonBuffer.Write(json =>
    {
        json.WriteStartArray();
        // Read side by side: an element of a list of objects is found by a look at all before it.
        using var values = Items(logprobs).GetEnumerator();
        using var lists = Items(alternatives).GetEnumerator();
        foreach (var token in tokens.EnumerateArray())
        {
            json.WriteStartObject();
            json.WritePropertyName("token");
            token.WriteTo(json);
            WriteLogprob(json, Next(values));
            if (Next(lists) is { ValueKind: JsonValueKind.Object } others)
            {
                json.WriteStartArray("top_logprobs");
                foreach (var other in others.EnumerateObject())
                {
                    json.WriteStartObject();
                    json.WriteString("token", other.Name);
                    WriteLogprob(json, other.Value);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }).ToArray();

    private static void WriteLogprob(Utf8JsonWriter json, JsonElement? logprob)
    {
        json.WritePropertyName("logprob");
        if (logprob is { ValueKind: JsonValueKind.Number } number) number.WriteTo(json);
        else json.WriteNumberValue(0);
    }

    private static IEnumerable<JsonElement> Items(JsonElement? list) => list is { } all ? all.EnumerateArray() : [];

    private static JsonElement? Next(IEnumerator<JsonElement> items) => items.MoveNext() ? items.Current : null;

    private static JsonElement? List(JsonElement logprobs, string name) =>
        logprobs.ValueKind == JsonValueKind.Object && logprobs.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list : null;
}
