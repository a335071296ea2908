using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>Reads single fields of an administrator's JSON object. A value of another type is a 400 that names the field.</summary>
internal static class FieldReader
{
    private const int MostItems = 1000;
    private const int LongestText = 1024;

    public const int LongestId = 256;

    public static string? Text(string name, JsonElement value, int longest = LongestText)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= longest) return text;
        throw AdminBody.Wrong(name, $"a text of 1 to {longest} characters");
    }

    /// <summary>Names of users and teams are parts of grain keys.</summary>
    public static string Id(string name, string text) => text.Length <= LongestId ? text : throw AdminBody.Wrong(name, $"at most {LongestId} characters");

    /// <summary>Null: absent.</summary>
    public static string? IdOf(JsonElement body, string name) => AdminBody.Text(body, name) is { } text ? Id(name, text) : null;

    public static bool Flag(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Null => false,
        _ => throw AdminBody.Wrong(name, "true or false"),
    };

    public static long? Whole(string name, JsonElement value, long least, long most)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most) return number;
        throw AdminBody.Wrong(name, $"a whole number from {least} to {most}");
    }

    public static double? Number(string name, JsonElement value, double least, double most)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most) return number;
        throw AdminBody.Wrong(name, FormattableString.Invariant($"a number from {least} to {most}"));
    }

    public static ImmutableArray<string> Texts(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MostItems) throw AdminBody.Wrong(name, $"a list of at most {MostItems} texts");
        return [.. value.EnumerateArray().Select(i => Text(name, i) ?? throw AdminBody.Wrong(name, "a list of texts")).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>An object from names to whole numbers.</summary>
    public static List<(string Name, long Number)> Numbers(string name, JsonElement value, long most)
    {
        if (value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() > MostItems) throw AdminBody.Wrong(name, $"an object of at most {MostItems} numbers");
        return [.. value.EnumerateObject().Select(p => (p.Name, Whole($"{name}.{p.Name}", p.Value, 1, most) ?? throw AdminBody.Wrong(name, "an object of numbers")))];
    }

    /// <summary>An object, as it was written.</summary>
    public static string Object(string name, JsonElement value, int most)
    {
        if (value.ValueKind == JsonValueKind.Null) return "{}";
        if (value.ValueKind == JsonValueKind.Object && value.GetRawText() is { } text && text.Length <= most) return text;
        throw AdminBody.Wrong(name, $"an object of at most {most} characters");
    }

    public static bool IsEmptyText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals(""u8);

    /// <summary>Says nothing, or so of each of its parts.</summary>
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => IsEmptyText(value),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.EnumerateObject().All(p => IsEmpty(p.Value)),
        _ => false,
    };
}
