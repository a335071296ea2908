using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>
/// Thoughts as their model has signed them. Claude must be told them again with the results of its calls, or it thinks no more; so they go to the client within an item that
/// it sends back as it is, and from there into the message that they came with.
/// </summary>
internal static class SignedThoughts
{
    /// <summary>LiteLLM's field of an assistant's message and of its delta.</summary>
    public const string Field = "thinking_blocks";

    private const string Prefix = "thoughts.";

    /// <param name="blocks">JSON objects.</param>
    public static string Seal(IEnumerable<string> blocks) => SealedText.Of(Prefix, $"[{string.Join(',', blocks)}]");

    /// <returns>Empty: there are none, or another service has made them.</returns>
    public static List<JsonNode> In(JsonObject item)
    {
        if (item["encrypted_content"] is not JsonValue value || !value.TryGetValue(out string? text) || SealedText.Read(Prefix, text) is not { } json) return [];
        try
        {
            if (JsonNode.Parse(json) is not JsonArray blocks) return [];
            // What has half a character in it can be read, and not be written again.
            _ = ResponsesToOpenAi.Utf8(blocks);
            return [.. blocks.OfType<JsonObject>().Where(IsFlat).Select(b => b.DeepClone())];
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException or InvalidOperationException)
        {
            return [];
        }
    }

    /// <summary>As all are that a model has signed: what lies deeper, a reader of the request might not take.</summary>
    private static bool IsFlat(JsonObject block) => block.All(member => member.Value is null or JsonValue);
}
