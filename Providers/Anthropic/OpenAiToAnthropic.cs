using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Says an OpenAI chat completion request as one to Anthropic's Messages API.</summary>
internal static class OpenAiToAnthropic
{
    /// <summary>The limit of an answer where nobody gives one; LiteLLM's number.</summary>
    public const int DefaultMaxTokens = 4096;

    /// <summary>Fields of Anthropic's own that a client may send along.</summary>
    private static readonly string[] Own = ["top_k", "container", "context_management", "mcp_servers", "cache_control", "inference_geo", "speed"];

    /// <summary>Those that the clouds refuse, as far as is known: there they are left out.</summary>
    private static readonly string[] OfItsOwnService = ["diagnostics", "fallback_credit_token", "compaction"];

    private static readonly string[] Sampling = ["temperature", "top_p", "top_k"];

    /// <param name="cloud">Null: Anthropic's own service is asked.</param>
    /// <exception cref="UpstreamException">The caller's fault, with the field at fault in Param.</exception>
    public static ReadOnlyMemory<byte> Translate(UpstreamRequest request, UpstreamReport report, CloudMessages? cloud = null)
    {
        using var fields = new RequestFields(request, report);
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            if (cloud is null) json.WriteString("model", request.Model);
            else cloud.Write(json);
            var tools = AnthropicTools.Take(fields, request.Model);
            var format = FormatOf(request, fields, tools);
            AnthropicMessages.Write(json, fields.Body, request.Model, format.Instruction);
            CheckSingle(fields.TakeNumber("n"));
            var maxTokens = fields.TakeMaxTokens();
            var thinking = AnthropicThinking.Take(request, fields, maxTokens, tools.IsForced || format.AsTool);
            json.WriteNumber("max_tokens", maxTokens ?? (request.MaxOutputTokens ?? DefaultMaxTokens) + thinking.OnTop);
            WriteStop(json, fields);
            WriteSampling(json, request.Model, fields, thinking.IsOn);
            WriteUser(json, fields);
            WriteTier(json, fields);
            thinking.Write(json);
            WriteOutputConfig(json, fields, format, thinking.Effort);
            report.AnswerIsToolInput = format.AsTool;
            tools.Write(json, fields, format.AsTool ? format : null);
            report.MayCite = tools.HasSearch && !format.AsTool;
            foreach (var name in Own) WriteIfGiven(json, name, fields.Take(name));
            if (request.Provider == "anthropic")
            {
                foreach (var name in OfItsOwnService) WriteIfGiven(json, name, fields.Take(name));
                WriteFallbacks(json, request);
            }
            else if (!request.AnthropicFallbacks.IsEmpty)
            {
                fields.Drop("fallbacks");
            }

            foreach (var name in request.Parameters.Allowed.Where(OpenAiParameters.All.Contains)) WriteIfGiven(json, name, fields.Take(name));
            if (cloud is not { StreamsByAddress: true }) json.WriteBoolean("stream", true);
            json.WriteEndObject();
        }

        fields.DropRest();
        return output.WrittenMemory;
    }

    private static void CheckSingle(JsonElement n)
    {
        if (n.ValueKind == JsonValueKind.Number && !(n.TryGetInt64(out var choices) && choices == 1))
            throw UpstreamException.CallerFault("n", "n must be 1: Anthropic gives one choice per request.");
    }

    private static AnthropicFormat FormatOf(UpstreamRequest request, RequestFields fields, AnthropicTools tools)
    {
        var format = ResponseFormat.Read(fields.Take("response_format"));
        if (!format.IsJson) return default;
        if (ClaudeModels.HasOutputFormat(request.Model))
        {
            // A schema that cannot be said strictly, or none: that is refused there, and a forced tool would shut out thoughts and the client's tools.
            var strict = format.Schema.ValueKind == JsonValueKind.Object ? ClaudeSchemas.Strict(format.Schema) : null;
            return strict is null ? new AnthropicFormat { Instruction = Instruction(format.Schema) } : new AnthropicFormat { Strict = strict };
        }

        // A forced tool would shut out the client's own.
        if (!tools.HasClients) return new AnthropicFormat { Schema = format.Schema, AsTool = true };
        fields.Drop("response_format");
        return default;
    }

    public static string Instruction(JsonElement schema) =>
        "Answer with one JSON object and nothing else: no text before or after it, and no code fence around it."
        + (schema.ValueKind == JsonValueKind.Object ? " It must be valid against this JSON Schema:\n" + schema.GetRawText() : "");

    private static void WriteStop(Utf8JsonWriter json, RequestFields fields)
    {
        var stop = fields.TakeStop();
        if (stop.Count == 0) return;
        // Sequences of white space alone are refused there.
        var told = stop.FindAll(item => !string.IsNullOrWhiteSpace(item.GetString()));
        if (told.Count < stop.Count) fields.Drop("stop");
        if (told.Count == 0) return;
        json.WriteStartArray("stop_sequences");
        foreach (var item in told) ChatMessage.WriteRaw(json, item);
        json.WriteEndArray();
    }

    private static void WriteSampling(Utf8JsonWriter json, string model, RequestFields fields, bool thinks)
    {
        if (!ClaudeModels.TakesSampling(model))
        {
            foreach (var name in Sampling.Where(fields.Has)) fields.Drop(name);
            return;
        }

        // Nor does a model that thinks take this one.
        if (thinks && fields.Has("top_k")) fields.Drop("top_k");
        // OpenAI's clients send both; newer models refuse that.
        if (fields.Has("temperature") && fields.Has("top_p") && ClaudeModels.WantsOneSampling(model)) fields.Drop("top_p");
        foreach (var name in new[] { "temperature", "top_p" })
        {
            var value = fields.TakeNumber(name);
            if (value.ValueKind != JsonValueKind.Number) continue;
            // A model that thinks takes no other temperature than its own.
            if (thinks && (name == "temperature" ? value.GetDouble() is not 1 : value.GetDouble() < 0.95))
            {
                fields.Drop(name);
                continue;
            }

            json.WritePropertyName(name);
            // OpenAI's scale ends at 2, this one at 1.
            if (value.GetDouble() > 1) json.WriteNumberValue(1);
            else value.WriteTo(json);
        }
    }

    private static void WriteUser(Utf8JsonWriter json, RequestFields fields)
    {
        var user = fields.Take("user", JsonValueKind.String, "a string");
        var metadata = fields.Take("metadata");
        if (metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("user_id", out var own) && own.ValueKind == JsonValueKind.String) user = own;
        if (user.ValueKind != JsonValueKind.String) return;
        json.WriteStartObject("metadata");
        json.WritePropertyName("user_id");
        ChatMessage.WriteRaw(json, user);
        json.WriteEndObject();
    }

    private static void WriteTier(Utf8JsonWriter json, RequestFields fields)
    {
        var tier = fields.Take("service_tier");
        if (tier.ValueKind != JsonValueKind.String) return;
        switch (tier.GetString())
        {
            case "auto":
                json.WriteString("service_tier", "auto");
                break;
            case "default" or "standard_only":
                json.WriteString("service_tier", "standard_only");
                break;
            default:
                fields.Drop("service_tier");
                break;
        }
    }

    private static void WriteOutputConfig(Utf8JsonWriter json, RequestFields fields, AnthropicFormat format, string? effort)
    {
        var given = fields.Take("output_config", JsonValueKind.Object, "an object");
        var hasFormat = format.Strict is not null;
        if (given.ValueKind != JsonValueKind.Object && !hasFormat && effort is null) return;
        json.WriteStartObject("output_config");
        if (given.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in given.EnumerateObject())
            {
                if (!(member.NameEquals("format"u8) && hasFormat) && !(member.NameEquals("effort"u8) && effort is not null)) member.WriteTo(json);
            }
        }

        if (effort is not null) json.WriteString("effort", effort);
        if (hasFormat)
        {
            json.WriteStartObject("format");
            json.WriteString("type", "json_schema");
            json.WritePropertyName("schema");
            format.Strict!.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Who stands in for a model that declines.</summary>
    private static void WriteFallbacks(Utf8JsonWriter json, UpstreamRequest request)
    {
        if (request.AnthropicFallbacks.IsEmpty) return;
        json.WritePropertyName("fallbacks");
        json.WriteRawValue(request.AnthropicFallbacks.Span);
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}

/// <summary>How an answer in JSON is asked for: in one of three ways, by what the model and the schema allow.</summary>
internal readonly record struct AnthropicFormat
{
    /// <summary>For <c>output_config.format</c>.</summary>
    public JsonNode? Strict { get; init; }

    /// <summary>For the system prompt.</summary>
    public string? Instruction { get; init; }

    /// <summary>The model is made to call a tool with <see cref="Schema"/>, and the call's input is the answer.</summary>
    public bool AsTool { get; init; }

    /// <summary>Undefined: any object.</summary>
    public JsonElement Schema { get; init; }
}
