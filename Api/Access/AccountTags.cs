using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Access;

/// <summary>The tags of a key or a team: in its metadata, or in the field of the same name, which LiteLLM puts there.</summary>
internal static class AccountTags
{
    public static ImmutableArray<string> Of(params ReadOnlySpan<Account?> holders)
    {
        var tags = ImmutableArray.CreateBuilder<string>();
        foreach (var holder in holders)
        {
            if (holder is null) continue;
            AddFrom(holder.Metadata, tags);
            AddFrom(holder.Extra, tags);
        }

        return tags.DrainToImmutable();
    }

    private static void AddFrom(string json, ImmutableArray<string>.Builder tags)
    {
        if (!json.Contains("\"tags\"", StringComparison.Ordinal)) return;
        using var document = JsonDocument.Parse(json);
        if (!document.RootElement.TryGetProperty("tags", out var own) || own.ValueKind != JsonValueKind.Array) return;
        foreach (var tag in own.EnumerateArray())
        {
            if (tag.ValueKind == JsonValueKind.String && tag.GetString() is { Length: > 0 } text) tags.Add(text);
        }
    }
}
