using System.Buffers;
using System.Text.Json;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>Says an OpenAI chat completion request as one to Bedrock's Converse API.</summary>
internal static class OpenAiToConverse
{
    public const string Guardrail = "guardrailConfig";

    /// <summary>Fields of Converse's own that a client, or the configuration, may send along.</summary>
    private static readonly string[] Own = ["performanceConfig", "requestMetadata", "promptVariables", "additionalModelResponseFieldPaths"];

    /// <param name="hasTools">The request tells of tools.</param>
    /// <exception cref="UpstreamException">The caller's fault, with the field at fault in Param.</exception>
    public static ReadOnlyMemory<byte> Translate(UpstreamRequest request, UpstreamReport report, out bool hasTools)
    {
        using var fields = new RequestFields(request, report);
        var model = BedrockModel.Of(request);
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            var tools = ConverseTools.Take(fields, model);
            var format = FormatOf(fields, model, tools);
            new ConverseMessages(model).Write(json, fields.Body, format.Instruction);
            CheckSingle(fields.TakeNumber("n"));
            var more = new ConverseModelFields(request, model);
            ConverseInference.Write(json, request, fields, model, more, isForced: tools.IsForced || format.AsTool);
            WriteTier(json, fields);
            WriteFormat(json, fields, format);
            report.AnswerIsToolInput = format.AsTool;
            tools.Write(json, fields, format.AsTool ? format : null);
            hasTools = tools.AreTold || format.AsTool;
            WriteIfGiven(json, Guardrail, fields.Take(Guardrail));
            foreach (var name in Own) WriteIfGiven(json, name, fields.Take(name));
            more.Write(json, fields);
            json.WriteEndObject();
        }

        fields.DropRest();
        return output.WrittenMemory;
    }

    private static void CheckSingle(JsonElement n)
    {
        if (n.ValueKind == JsonValueKind.Number && !(n.TryGetInt64(out var choices) && choices == 1))
            throw UpstreamException.CallerFault("n", "n must be 1: Bedrock gives one choice per request.");
    }

    private static AnthropicFormat FormatOf(RequestFields fields, BedrockModel model, ConverseTools tools)
    {
        var format = ResponseFormat.Read(fields.Take("response_format"));
        if (!format.IsJson) return default;
        if (model.HasOutputFormat && format.Schema.ValueKind == JsonValueKind.Object && ClaudeSchemas.Strict(format.Schema) is { } strict) return new AnthropicFormat { Strict = strict };
        // A forced tool would shut out the client's own, and not every model can be forced.
        return !model.HasOutputFormat && !tools.Any && model.CanBeForced
            ? new AnthropicFormat { Schema = format.Schema, AsTool = true } : new AnthropicFormat { Instruction = OpenAiToAnthropic.Instruction(format.Schema) };
    }

    /// <summary>The schema is a text there.</summary>
    private static void WriteFormat(Utf8JsonWriter json, RequestFields fields, AnthropicFormat format)
    {
        var given = fields.Take("outputConfig", JsonValueKind.Object, "an object");
        if (format.Strict is null)
        {
            WriteIfGiven(json, "outputConfig", given);
            return;
        }

        json.WriteStartObject("outputConfig");
        json.WriteStartObject("textFormat");
        json.WriteString("type", "json_schema");
        json.WriteStartObject("structure");
        json.WriteStartObject("jsonSchema");
        json.WriteString("schema", format.Strict.ToJsonString());
        json.WriteString("name", "answer");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTier(Utf8JsonWriter json, RequestFields fields)
    {
        // In the service's own words: OpenAI's beside it would say the member twice.
        if (fields.Take("serviceTier") is { ValueKind: not JsonValueKind.Undefined } own)
        {
            WriteIfGiven(json, "serviceTier", own);
            return;
        }

        var tier = fields.Peek("service_tier");
        switch (tier.ValueKind == JsonValueKind.String ? tier.GetString() : null)
        {
            case "auto":
                fields.Take("service_tier");
                break;
            case "default" or "flex" or "priority":
                json.WriteStartObject("serviceTier");
                json.WritePropertyName("type");
                ChatMessage.WriteRaw(json, fields.Take("service_tier"));
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}
