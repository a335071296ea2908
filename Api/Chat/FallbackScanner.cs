using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>
/// The body's <c>fallbacks</c> and its like: names, objects with <c>model</c> and fields that replace those of the body, or as they are configured, objects with
/// such a list for each group that may fail.
/// </summary>
internal static class FallbackScanner
{
    /// <summary>Each may be tried, with a body of its own made for it.</summary>
    public const int Most = 100;

    /// <param name="reader">On the start of the array; left on its end.</param>
    /// <param name="field">What the array is called.</param>
    public static ImmutableArray<FallbackTarget> Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string field, FallbackKind kind)
    {
        var targets = ImmutableArray.CreateBuilder<FallbackTarget>();
        for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            var place = new Place(field, at);
            if (reader.TokenType == JsonTokenType.StartObject && IsByGroup(reader)) ScanGroups(ref reader, body, place, targets);
            else Add(targets, ScanTarget(ref reader, body, place), field);
        }

        return [.. targets.Select(target => target with { Kind = kind })];
    }

    /// <summary>It begins with a list that is not one of messages, and has no <c>model</c> of its own: a group may have any name.</summary>
    /// <param name="reader">A copy, which may be read on.</param>
    private static bool IsByGroup(Utf8JsonReader reader)
    {
        bool? isByGroup = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isModel, mayBeMessages) = (reader.ValueTextEquals("model"u8), reader.ValueTextEquals("messages"u8));
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) return false;
            isByGroup ??= reader.TokenType == JsonTokenType.StartArray && !(mayBeMessages && IsOfObjects(reader));
            reader.Skip();
        }

        return isByGroup ?? false;
    }

    private static bool IsOfObjects(Utf8JsonReader array) => array.Read() && array.TokenType == JsonTokenType.StartObject;

    private static void ScanGroups(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Place place, ImmutableArray<FallbackTarget>.Builder targets)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var group = NameIn(ref reader, place);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) throw FieldType.Wrong($"{place}.{group}", "an array of model names", reader.TokenType);
            for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
            {
                Add(targets, ScanTarget(ref reader, body, place with { Group = group, AtInGroup = at }) with { Group = group }, place.Field);
            }
        }
    }

    /// <summary>Each is looked up, in the catalog and in its key's rights, and goes on with the request.</summary>
    private static void Add(ImmutableArray<FallbackTarget>.Builder targets, FallbackTarget target, string field)
    {
        if (targets.Count == Most) throw new RequestException(ApiError.BadRequest($"Invalid '{field}': expected at most {Most} models.", field, "array_above_max_length"));
        targets.Add(target);
    }

    private static string NameIn(ref Utf8JsonReader reader, Place place)
    {
        var name = reader.GetString()!;
        if (name.Length <= GatewayCatalog.LongestName) return name;
        throw new RequestException(ApiError.BadRequest($"Invalid '{place}': the name of a model has at most {GatewayCatalog.LongestName} characters.", place.ToString(), "string_above_max_length"));
    }

    private static FallbackTarget ScanTarget(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Place place) => reader.TokenType switch
    {
        JsonTokenType.String => new FallbackTarget(NameIn(ref reader, place)),
        JsonTokenType.StartObject => ScanObject(ref reader, body, place),
        _ => throw FieldType.Wrong(place.ToString(), "a model name or an object with one", reader.TokenType),
    };

    private static FallbackTarget ScanObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Place place)
    {
        var start = (int)reader.TokenStartIndex;
        string? model = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) model = NameIn(ref reader, place);
            if (isMessages && reader.TokenType != JsonTokenType.StartArray) throw FieldType.Wrong($"{place}.messages", "an array", reader.TokenType);
            if (isMessages) MessageScanner.Scan(ref reader, body);
            else reader.Skip();
        }

        if (model is null) throw FieldType.Wrong($"{place}.model", "a string", JsonTokenType.None);
        return new FallbackTarget(model, body[start..(int)reader.BytesConsumed].ToArray());
    }

    /// <summary>Where an entry stands. Said only of one that is wrong.</summary>
    private readonly record struct Place(string Field, int At, string? Group = null, int AtInGroup = 0)
    {
        public override string ToString() => Group is null ? $"{Field}[{At}]" : $"{Field}[{At}].{Group}[{AtInGroup}]";
    }
}
