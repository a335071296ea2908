using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// Claude takes back its own thoughts only, which it has signed, and refuses a request with others. Others there are where another model has given an earlier
/// answer: then the gateway tells Anthropic's clients of thoughts without a signature.
/// </summary>
internal static class SignedThoughts
{
    public static bool IsThought(JsonElement block) => ChatMessage.Type(block) is "thinking" or "redacted_thinking";

    /// <param name="model">Another maker's model behind Anthropic's words may not sign at all.</param>
    public static bool MayGo(JsonElement block, string model) => !ClaudeModels.IsClaude(model) || ChatMessage.Type(block) switch
    {
        "thinking" => ChatMessage.String(block, "signature") is { Length: > 0 },
        "redacted_thinking" => ChatMessage.String(block, "data") is { Length: > 0 },
        _ => true,
    };
}
