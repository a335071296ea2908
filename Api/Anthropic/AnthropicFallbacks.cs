using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// <c>fallbacks</c> of Anthropic's own: models of its that it asks by itself where the one that is asked declines
/// (https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback#server-side-fallback). The gateway has a field of the same name.
/// </summary>
internal static class AnthropicFallbacks
{
    public const string Field = "fallbacks";

    private const string Flag = "server-side-fallback-";

    /// <summary>Whichever model may come to answer is one that the key may use. What Anthropic chooses by itself (<c>default</c>) may be any.</summary>
    public static bool AreAllowed(JsonElement body, Rights? rights, GatewayCatalog catalog)
    {
        if (rights is null || rights.AllowsEveryModel || Json.Any(body, Field) is not { } given) return true;
        return given.ValueKind == JsonValueKind.Array && given.EnumerateArray().All(target => target.ValueKind == JsonValueKind.Object
            && target.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String
            && rights.RefuseModel(model.GetString()!, catalog.FindGroup(model.GetString()!)) is null);
    }

    /// <returns>As they are to be told Anthropic; empty: none are meant for it.</returns>
    public static ReadOnlyMemory<byte> Of(JsonElement body, string? betas) => AreMeant(body, betas) ? Encoding.UTF8.GetBytes(body.GetProperty(Field).GetRawText()) : default;

    /// <param name="betas">The client's flags; null: none.</param>
    /// <returns>The request's <c>fallbacks</c> are meant for Anthropic: it has the flag without which it would not read them, or the word that means nothing here.</returns>
    public static bool AreMeant(JsonElement body, string? betas) => Json.Any(body, Field) is { } given
        && (given.ValueKind == JsonValueKind.String || betas?.Split(',', StringSplitOptions.TrimEntries).Any(beta => beta.StartsWith(Flag, StringComparison.Ordinal)) is true);
}
