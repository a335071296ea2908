using System.Text.Json;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// Says a request of Anthropic's Messages API (https://docs.anthropic.com/en/api/messages) as one for a chat completion. What OpenAI has no
/// word for is left out and told; where only Anthropic's own models serve, their words are kept, at Bedrock those that it has words for as well.
/// </summary>
internal static class AnthropicToOpenAi
{
    /// <summary>Fields that are read somewhere below.</summary>
    private static readonly HashSet<string> Known =
    [
        "model", "messages", "system", "max_tokens", "stream", "stop_sequences", "temperature", "top_p", "top_k", "metadata", "tools", "tool_choice",
        "thinking", "output_config", "output_format", "cache_control", .. FieldTable.OwnNames,
    ];

    /// <param name="dropped">Takes the names of what was left out.</param>
    /// <param name="betas">The client's flags; null: none.</param>
    /// <param name="mayFallBack">Anthropic may ask others of its models by itself.</param>
    public static ReadOnlyMemory<byte> Translate(JsonElement body, ModelFacts model, List<string> dropped, string? betas = null, bool mayFallBack = true)
    {
        var known = model.IsAnthropic ? AnthropicWords.All : model.IsClaudeAnywhere ? AnthropicWords.CachingAndThoughts : AnthropicWords.None;
        var others = body.EnumerateObject().Where(f => !Known.Contains(f.Name)).Select(f => f.Name).ToList();
        if (!model.IsAnthropic) dropped.AddRange(others);
        var fallbacksAreClaudes = AnthropicFallbacks.AreMeant(body, betas);
        var claudeFallsBack = fallbacksAreClaudes && mayFallBack && model.IsAnthropic;
        if (fallbacksAreClaudes && !claudeFallsBack) dropped.Add(AnthropicFallbacks.Field);
        return JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            Copy(json, body, "model", "model");
            json.WriteStartArray("messages");
            new AnthropicMessages(json, known, dropped).Write(body);
            json.WriteEndArray();
            if (Json.Flag(body, "stream", ""))
            {
                json.WriteBoolean("stream", true);
                json.WriteStartObject("stream_options");
                json.WriteBoolean("include_usage", true);
                json.WriteEndObject();
            }

            Copy(json, body, "max_tokens", "max_tokens");
            Copy(json, body, "stop_sequences", "stop");
            Copy(json, body, "temperature", "temperature");
            Copy(json, body, "top_p", "top_p");
            if (!model.KnowsOnlyOpenAisWords) Copy(json, body, "top_k", "top_k");
            else if (Json.Any(body, "top_k") is not null) dropped.Add("top_k");
            if (Json.Object(body, "metadata", "") is { } metadata && Json.Text(metadata, "user_id", "metadata.") is { } user) json.WriteString("user", user);
            AnthropicTools.Write(json, body, known, dropped);
            if (model.IsAnthropic)
            {
                foreach (var name in (ReadOnlySpan<string>)["thinking", "output_config", "cache_control", .. others]) Copy(json, body, name, name);
            }
            else
            {
                AnthropicThinking.Write(json, body, model, dropped);
            }

            WriteFormat(json, body, model.IsAnthropic);
            foreach (var own in FieldTable.OwnNames.Where(name => !fallbacksAreClaudes || name != AnthropicFallbacks.Field)) Copy(json, body, own, own);
            json.WriteEndObject();
        });
    }

    /// <summary><c>output_config.format</c>, or <c>output_format</c> as it was called before.</summary>
    private static void WriteFormat(Utf8JsonWriter json, JsonElement body, bool keepOwnWords)
    {
        var config = Json.Object(body, "output_config", "");
        var format = !keepOwnWords && config is { } given && Json.Object(given, "format", "output_config.") is { } inner ? inner : Json.Object(body, "output_format", "");
        if (format is not { } asked) return;
        if (Json.NeededText(asked, "type", "output_config.format.") != "json_schema") throw Json.Wrong("output_config.format.type", "json_schema");
        var schema = Json.Object(asked, "schema", "output_config.format.") ?? throw Json.Missing("output_config.format.schema");
        json.WriteStartObject("response_format");
        json.WriteString("type", "json_schema");
        json.WriteStartObject("json_schema");
        json.WriteString("name", "answer");
        json.WritePropertyName("schema");
        schema.WriteTo(json);
        json.WriteBoolean("strict", true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Copy(Utf8JsonWriter json, JsonElement body, string name, string to)
    {
        if (Json.Any(body, name) is not { } value) return;
        json.WritePropertyName(to);
        value.WriteTo(json);
    }
}
