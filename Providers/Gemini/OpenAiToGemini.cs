using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Says OpenAI's requests in Gemini's words.</summary>
internal static class OpenAiToGemini
{
    /// <summary>OpenAI's name, Gemini's in <c>generationConfig</c>.</summary>
    private static readonly (string From, string To)[] Numbers =
    [
        ("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"), ("seed", "seed"), ("n", "candidateCount"),
        ("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty"),
    ];

    /// <summary>Fields of Gemini's own that a client may send along, in either spelling.</summary>
    private static readonly (string From, string To)[] Own =
        [("safety_settings", "safetySettings"), ("safetySettings", "safetySettings"), ("cached_content", "cachedContent"), ("cachedContent", "cachedContent"), ("labels", "labels")];

    /// <exception cref="UpstreamException">The caller's fault, with the field at fault in Param.</exception>
    public static ReadOnlyMemory<byte> Translate(UpstreamRequest request, UpstreamReport report)
    {
        using var fields = new RequestFields(request, report);
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            GeminiContents.Write(json, fields.Body, request.Model);
            GeminiTools.Write(json, fields, report);
            json.WriteStartObject("generationConfig");
            WriteConfig(json, request, fields);
            json.WriteEndObject();
            foreach (var (from, to) in Own) WriteIfGiven(json, to, fields.Take(from));
            foreach (var name in request.Parameters.Allowed.Where(OpenAiParameters.All.Contains)) WriteIfGiven(json, name, fields.Take(name));
            json.WriteEndObject();
        }

        fields.DropRest();
        return output.WrittenMemory;
    }

    /// <summary>For <c>batchEmbedContents</c>.</summary>
    public static ReadOnlyMemory<byte> Embeddings(UpstreamRequest request, UpstreamReport report) => Embed(request, report, "requests", (json, text, dimensions) =>
    {
        json.WriteString("model", "models/" + GeminiDialect.WithoutPrefix(request.Model));
        json.WriteStartObject("content");
        json.WriteStartArray("parts");
        json.WriteStartObject();
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        WriteIfGiven(json, "outputDimensionality", dimensions);
    });

    /// <summary>For Vertex AI's <c>predict</c>.</summary>
    public static ReadOnlyMemory<byte> Instances(UpstreamRequest request, UpstreamReport report) => Embed(
        request, report, "instances",
        (json, text, _) =>
        {
            json.WritePropertyName("content");
            ChatMessage.WriteRaw(json, text);
        },
        (json, dimensions) =>
        {
            if (dimensions.ValueKind != JsonValueKind.Number) return;
            json.WriteStartObject("parameters");
            WriteIfGiven(json, "outputDimensionality", dimensions);
            json.WriteEndObject();
        });

    private static ReadOnlyMemory<byte> Embed(
        UpstreamRequest request, UpstreamReport report, string list, Action<Utf8JsonWriter, JsonElement, JsonElement> writeOne, Action<Utf8JsonWriter, JsonElement>? writeMore = null)
    {
        using var fields = new RequestFields(request, report);
        var dimensions = fields.TakeNumber("dimensions");
        // It is said with each text, and a number may have a million digits.
        if (dimensions.ValueKind == JsonValueKind.Number && !dimensions.TryGetInt32(out _)) throw UpstreamException.CallerFault("dimensions", "dimensions must be an integer.");
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray(list);
            foreach (var text in EmbeddingInput.Texts(fields.Body, "Gemini"))
            {
                json.WriteStartObject();
                writeOne(json, text, dimensions);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            writeMore?.Invoke(json, dimensions);
            json.WriteEndObject();
        }

        fields.DropRest();
        return output.WrittenMemory;
    }

    private static void WriteConfig(Utf8JsonWriter json, UpstreamRequest request, RequestFields fields)
    {
        if (fields.TakeMaxTokens() is { } most) json.WriteNumber("maxOutputTokens", most);
        foreach (var (from, to) in Numbers) WriteIfGiven(json, to, fields.TakeNumber(from));
        var stop = fields.TakeStop();
        if (stop.Count > 0)
        {
            json.WriteStartArray("stopSequences");
            foreach (var item in stop) ChatMessage.WriteRaw(json, item);
            json.WriteEndArray();
        }

        var format = ResponseFormat.Read(fields.Take("response_format"));
        if (format.IsJson) json.WriteString("responseMimeType", "application/json");
        if (format.Schema.ValueKind == JsonValueKind.Object) WriteIfGiven(json, "responseJsonSchema", format.Schema);
        WriteModalities(json, fields.Take("modalities"));
        WriteThinking(json, request, fields);
    }

    private static void WriteModalities(Utf8JsonWriter json, JsonElement modalities)
    {
        if (modalities.ValueKind != JsonValueKind.Array) return;
        json.WriteStartArray("responseModalities");
        foreach (var one in modalities.EnumerateArray()) json.WriteStringValue(one.ToString().ToUpperInvariant());
        json.WriteEndArray();
    }

    private static void WriteThinking(Utf8JsonWriter json, UpstreamRequest request, RequestFields fields)
    {
        var given = fields.Take("thinking", JsonValueKind.Object, "an object");
        var effort = ReasoningEffort.WordOf(fields.Take("reasoning_effort"));
        if (given.ValueKind == JsonValueKind.Object)
        {
            // Anthropic's way of saying it, which LiteLLM takes for all.
            var isOff = ChatMessage.Type(given) == "disabled";
            json.WriteStartObject("thinkingConfig");
            json.WriteBoolean("includeThoughts", !isOff);
            if (isOff) json.WriteNumber("thinkingBudget", 0);
            else if (given.TryGetProperty("budget_tokens", out var budget) && budget.ValueKind == JsonValueKind.Number) WriteIfGiven(json, "thinkingBudget", budget);
            json.WriteEndObject();
            return;
        }

        if (effort.ValueKind != JsonValueKind.String || ReasoningEffort.Of(effort.GetString()!) is not { } level) return;
        json.WriteStartObject("thinkingConfig");
        json.WriteBoolean("includeThoughts", level != "none");
        // The third generation thinks by levels and cannot be told not to.
        if (GeminiModels.ThinksByLevel(request.Model)) json.WriteString("thinkingLevel", level switch { "none" or "minimal" or "low" => "low", "medium" => "medium", _ => "high" });
        else json.WriteNumber("thinkingBudget", ReasoningEffort.Budget(level));
        json.WriteEndObject();
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}
