using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Chat;

/// <summary>The type a request field must have. Null is allowed unless the field is required: clients write it for "not set".</summary>
internal sealed class FieldType
{
    private readonly Func<JsonTokenType, bool> _accepts;
    private readonly string _expected;
    private readonly bool _required;
    private readonly double? _least;
    private readonly double? _most;
    private readonly bool _whole;

    private FieldType(string name, string expected, Func<JsonTokenType, bool> accepts, bool required = false, double? least = null, double? most = null, bool whole = false)
    {
        Name = name;
        Utf8Name = Encoding.UTF8.GetBytes(name);
        _expected = expected;
        _accepts = accepts;
        _required = required;
        _least = least;
        _most = most;
        _whole = whole;
    }

    public string Name { get; }

    public byte[] Utf8Name { get; }

    public static FieldType String(string name) => new(name, "a string", t => t == JsonTokenType.String);

    public static FieldType Any(string name) => new(name, "anything", _ => true);

    public static FieldType Boolean(string name) => new(name, "a boolean", t => t is JsonTokenType.True or JsonTokenType.False);

    public static FieldType Object(string name) => new(name, "an object", t => t == JsonTokenType.StartObject);

    public static FieldType Array(string name, bool required = false) => new(name, "an array", t => t == JsonTokenType.StartArray, required);

    public static FieldType StringOr(string name, JsonTokenType other, string expected, bool required = false) =>
        new(name, expected, t => t == JsonTokenType.String || t == other, required);

    public static FieldType Number(string name, double? least = null) => new(name, "a number", t => t == JsonTokenType.Number, least: least);

    public static FieldType Integer(string name, long least, long most = long.MaxValue) =>
        new(name, "an integer", t => t == JsonTokenType.Number, least: least, most: most, whole: true);

    public static RequestException Wrong(string name, string expected, JsonTokenType found) => new(ApiError.BadRequest(
        $"Invalid type for '{name}': expected {expected}, but got {NameOf(found)} instead.", name, "invalid_type"));

    public static string NameOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };

    public void Check(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null && !_required) return;
        if (!_accepts(reader.TokenType)) throw Wrong(Name, _expected, reader.TokenType);
        if (reader.TokenType != JsonTokenType.Number) return;
        if (!reader.TryGetDouble(out var value) || !double.IsFinite(value)) throw Invalid("is not a finite number");
        if (_whole && value != Math.Floor(value)) throw Wrong(Name, _expected, JsonTokenType.Number);
        if (value < _least) throw Invalid(string.Create(CultureInfo.InvariantCulture, $"must be at least {_least}"));
        if (value > _most) throw Invalid(string.Create(CultureInfo.InvariantCulture, $"must be at most {_most}"));
    }

    private RequestException Invalid(string problem) => new(ApiError.BadRequest($"Invalid value for '{Name}': {problem}.", Name, "invalid_value"));
}
