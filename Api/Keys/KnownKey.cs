using System.Text.Json;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>A key that its holder has already, from another gateway, which keeps the same hash of it (LiteLLM does). It is never seen here before it is used.</summary>
internal static class KnownKey
{
    private const string Field = "key_hash";
    private const string MaskStart = "sk-...";
    private const int LongestMask = 10;

    /// <returns>Null: the body has none, and a new key is to be made.</returns>
    public static Account? Of(JsonElement body, Account account, ReadOnlySpan<byte> masterHash)
    {
        if (AdminBody.Text(body, Field) is not { } hash) return null;
        if (AdminBody.Text(body, "key") is not null) throw AdminBody.Wrong(Field, "no key beside it");
        if (!KeyHash.IsHash(hash)) throw AdminBody.Wrong(Field, $"the SHA-256 of a key, {KeyHash.Length} lower hex digits");
        if (masterHash.SequenceEqual(Convert.FromHexString(hash))) throw AdminBody.Wrong(Field, "another key than the master key");
        return account with { Id = hash, Mask = MaskOf(AdminBody.Text(body, "key_name")) };
    }

    /// <summary>What says more than a mask may is not kept.</summary>
    private static string MaskOf(string? name) =>
        name is not null && name.StartsWith(MaskStart, StringComparison.Ordinal) && name.Length <= LongestMask && name.All(c => c is > ' ' and < '\x7f') ? name : MaskStart;
}
