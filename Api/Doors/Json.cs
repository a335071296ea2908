using System.Text.Json;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Doors;

/// <summary>Fields of a request that is read as a document. A field of null is one that is not there; one of a wrong type is the client's fault.</summary>
internal static class Json
{
    public static JsonElement? Object(JsonElement from, string name, string where) => Field(from, name, where, JsonValueKind.Object, "an object");

    public static JsonElement? Array(JsonElement from, string name, string where) => Field(from, name, where, JsonValueKind.Array, "an array");

    public static JsonElement? Number(JsonElement from, string name, string where) => Field(from, name, where, JsonValueKind.Number, "a number");

    public static string? Text(JsonElement from, string name, string where) => TextOf(Field(from, name, where, JsonValueKind.String, "a string"), where + name);

    public static string NeededText(JsonElement from, string name, string where) => Text(from, name, where) ?? throw Missing(where + name);

    public static bool Flag(JsonElement from, string name, string where, bool otherwise = false) => Any(from, name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(where + name, "a boolean"),
    };

    /// <summary>Of whichever type.</summary>
    public static JsonElement? Any(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static RequestException Wrong(string where, string expected) => new(ApiError.BadRequest($"{where}: expected {expected}.", where, "invalid_type"));

    public static RequestException Missing(string where) => new(ApiError.BadRequest($"{where}: field required.", where, "missing_required_parameter"));

    private static JsonElement? Field(JsonElement from, string name, string where, JsonValueKind kind, string expected)
    {
        if (Any(from, name) is not { } value) return null;
        return value.ValueKind == kind ? value : throw Wrong(where + name, expected);
    }

    private static string? TextOf(JsonElement? value, string where)
    {
        try
        {
            return value?.GetString();
        }
        catch (InvalidOperationException)
        {
            throw Wrong(where, "text: it has half a character");
        }
    }
}
