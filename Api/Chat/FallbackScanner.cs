using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>
/// The body's <c>fallbacks</c> and its like: names, objects with <c>model</c> and fields that replace those of the body, or as they are configured, objects with
/// such a list for each group that may fail.
/// </summary>
internal static class FallbackScanner
{
    /// <param name="reader">On the start of the array; left on its end.</param>
    /// <param name="field">What the array is called.</param>
    public static ImmutableArray<FallbackTarget> Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string field, FallbackKind kind)
    {
        var targets = ImmutableArray.CreateBuilder<FallbackTarget>();
        for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            var name = $"{field}[{at}]";
            if (reader.TokenType == JsonTokenType.StartObject && IsByGroup(reader)) ScanGroups(ref reader, body, name, targets);
            else targets.Add(ScanTarget(ref reader, body, name));
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

    private static void ScanGroups(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name, ImmutableArray<FallbackTarget>.Builder targets)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var group = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) throw FieldType.Wrong($"{name}.{group}", "an array of model names", reader.TokenType);
            for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
            {
                targets.Add(ScanTarget(ref reader, body, $"{name}.{group}[{at}]") with { Group = group });
            }
        }
    }

    private static FallbackTarget ScanTarget(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name) => reader.TokenType switch
    {
        JsonTokenType.String => new FallbackTarget(reader.GetString()!),
        JsonTokenType.StartObject => ScanObject(ref reader, body, name),
        _ => throw FieldType.Wrong(name, "a model name or an object with one", reader.TokenType),
    };

    private static FallbackTarget ScanObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name)
    {
        var start = (int)reader.TokenStartIndex;
        string? model = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) model = reader.GetString();
            if (isMessages && reader.TokenType != JsonTokenType.StartArray) throw FieldType.Wrong($"{name}.messages", "an array", reader.TokenType);
            if (isMessages) MessageScanner.Scan(ref reader, body);
            else reader.Skip();
        }

        if (model is null) throw FieldType.Wrong($"{name}.model", "a string", JsonTokenType.None);
        return new FallbackTarget(model, body[start..(int)reader.BytesConsumed].ToArray());
    }
}
