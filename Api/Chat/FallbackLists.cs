using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>A request's fallbacks of each kind. Of a field that is written twice the last counts, as with all others.</summary>
internal sealed class FallbackLists
{
    private readonly Dictionary<FallbackKind, ImmutableArray<FallbackTarget>> _byKind = [];

    /// <returns>Null: the field is another.</returns>
    public static FallbackKind? KindOf(string field) => field switch
    {
        "fallbacks" => FallbackKind.General,
        "context_window_fallbacks" => FallbackKind.ContextWindow,
        "content_policy_fallbacks" => FallbackKind.ContentPolicy,
        _ => null,
    };

    /// <param name="reader">On the field's value; left on its end.</param>
    public void Read(FallbackKind kind, string field, ref Utf8JsonReader reader, ReadOnlySpan<byte> body) =>
        _byKind[kind] = reader.TokenType == JsonTokenType.Null ? [] : FallbackScanner.Scan(ref reader, body, field, kind);

    /// <summary>Put together once, when all is read: a body may write a field ten thousand times.</summary>
    public ImmutableArray<FallbackTarget> All() => [.. _byKind.Values.SelectMany(list => list)];
}
