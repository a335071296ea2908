using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>OpenAI's list of embeddings, as it is written.</summary>
internal static class EmbeddingList
{
    public static void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
    }

    public static void Add(Utf8JsonWriter json, int index, Action<Utf8JsonWriter> writeVector)
    {
        json.WriteStartObject();
        json.WriteString("object", "embedding");
        json.WriteNumber("index", index);
        json.WritePropertyName("embedding");
        writeVector(json);
        json.WriteEndObject();
    }

    public static void End(Utf8JsonWriter json, string model, UpstreamUsage usage)
    {
        json.WriteEndArray();
        json.WriteString("model", model);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", usage.Prompt);
        json.WriteNumber("total_tokens", usage.Total);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
