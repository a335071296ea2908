using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>What <c>response_format</c> asks for.</summary>
/// <param name="IsJson">The answer is to be a JSON object.</param>
/// <param name="Schema">Undefined: any object.</param>
internal readonly record struct ResponseFormat(bool IsJson, JsonElement Schema, string? Name)
{
    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static ResponseFormat Read(JsonElement format)
    {
        if (format.ValueKind == JsonValueKind.Undefined) return default;
        if (format.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault("response_format", "response_format must be an object.");
        switch (ChatMessage.String(format, "type"))
        {
            case "text":
                return default;
            case "json_object":
                return new(true, OfObject(format), null);
            case "json_schema":
                return format.TryGetProperty("json_schema", out var named) && named.ValueKind == JsonValueKind.Object
                       && named.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.Object
                    ? new(true, schema, ChatMessage.String(named, "name"))
                    : throw UpstreamException.CallerFault("response_format.json_schema.schema", "response_format.json_schema.schema must be an object.");
            default:
                throw UpstreamException.CallerFault("response_format.type", "response_format.type must be text, json_object or json_schema.");
        }
    }

    /// <summary>The schema beside <c>json_object</c>: LiteLLM's <c>response_schema</c>, or <c>schema</c> as llama.cpp, Together and others have it.</summary>
    /// <returns>Undefined: there is none.</returns>
    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static JsonElement OfObject(JsonElement format)
    {
        foreach (var name in (ReadOnlySpan<string>)["response_schema", "schema"])
        {
            if (!format.TryGetProperty(name, out var schema) || schema.ValueKind == JsonValueKind.Null) continue;
            return schema.ValueKind == JsonValueKind.Object
                ? schema : throw UpstreamException.CallerFault($"response_format.{name}", $"response_format.{name} must be an object.");
        }

        return default;
    }
}
