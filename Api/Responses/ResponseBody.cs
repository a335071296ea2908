using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Responses;

/// <summary>The JSON object that a client sends, and its fields with the types they must have. Null stands for "not said", as with OpenAI.</summary>
internal sealed class ResponseBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private ResponseBody(JsonObject json) => Json = json;

    public JsonObject Json { get; }

    /// <exception cref="RequestException">It is no JSON object.</exception>
    public static ResponseBody Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new RequestException(ApiError.BadRequest("The request body must be a JSON object.", null));
            }

            return new ResponseBody(JsonObject.Create(document.RootElement.Clone())!);
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine}" : "";
            throw new RequestException(ApiError.BadRequest($"The request body is not valid JSON, or names a field twice{where}.", null, "invalid_json"));
        }
    }

    public string? Text(string name) => TextOf(Json[name], name);

    public bool? Flag(string name) => Json[name] is not { } value ? null : KindOf(value) switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "a boolean", value),
    };

    public JsonObject? Object(string name) => Json[name] is not { } value ? null : value as JsonObject ?? throw Wrong(name, "an object", value);

    public JsonArray? Array(string name) => Json[name] is not { } value ? null : value as JsonArray ?? throw Wrong(name, "an array", value);

    public double? Number(string name, double least)
    {
        if (Json[name] is not { } value) return null;
        if (KindOf(value) != JsonValueKind.Number || !value.AsValue().TryGetValue(out double number)) throw Wrong(name, "a number", value);
        return number >= least ? number : throw Invalid(name, $"must be at least {least}");
    }

    public static string? TextOf(JsonNode? value, string name) =>
        value is null ? null : KindOf(value) == JsonValueKind.String ? value.GetValue<string>() : throw Wrong(name, "a string", value);

    public static string Needed(JsonObject item, string field, string name) =>
        TextOf(item[field], $"{name}.{field}") ?? throw Missing($"{name}.{field}");

    public static RequestException Missing(string name) =>
        new(ApiError.BadRequest($"Missing required parameter: '{name}'.", name, "missing_required_parameter"));

    public static RequestException Wrong(string name, string expected, JsonNode? found) => new(ApiError.BadRequest(
        $"Invalid type for '{name}': expected {expected}, but got {NameOf(found)} instead.", name, "invalid_type"));

    public static RequestException Invalid(string name, string problem) =>
        new(ApiError.BadRequest($"Invalid value for '{name}': {problem}.", name, "invalid_value"));

    public static RequestException Unsupported(string name, string problem) =>
        new(ApiError.BadRequest($"Unsupported parameter: '{name}' {problem}.", name, "unsupported_parameter"));

    private static JsonValueKind KindOf(JsonNode value) => value.GetValueKind();

    private static string NameOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
