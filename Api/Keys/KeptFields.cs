using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>What of LiteLLM's is kept and shown and means nothing here (<see cref="Account.Extra"/>).</summary>
internal static class KeptFields
{
    public const string Email = "user_email";
    public const string Role = "user_role";
    public const string Organization = "organization_id";

    /// <summary>Null: not said, or not a text.</summary>
    public static string? Text(Account account, string name)
    {
        using var extra = JsonDocument.Parse(account.Extra);
        return extra.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <param name="value">Null takes it back.</param>
    public static string With(string extra, string name, JsonNode? value)
    {
        var kept = JsonNode.Parse(extra)!.AsObject();
        if (value is null) kept.Remove(name);
        else kept[name] = value;
        return kept.ToJsonString();
    }
}
