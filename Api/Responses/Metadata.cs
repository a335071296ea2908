using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>The client's own notes on a response or a conversation, within OpenAI's bounds.</summary>
internal static class Metadata
{
    private const int MaxPairs = 16;
    private const int MaxKey = 64;
    private const int MaxValue = 512;

    /// <returns>Null: none.</returns>
    public static JsonObject? Of(ResponseBody body)
    {
        if (body.Object("metadata") is not { } metadata) return null;
        if (metadata.Count > MaxPairs) throw ResponseBody.Invalid("metadata", $"at most {MaxPairs} pairs are kept");
        foreach (var (key, value) in metadata)
        {
            if (key.Length > MaxKey) throw ResponseBody.Invalid("metadata", $"a key may have {MaxKey} characters");
            if (value?.GetValueKind() != JsonValueKind.String) throw ResponseBody.Wrong($"metadata.{key}", "a string", value);
            if (value.GetValue<string>().Length > MaxValue) throw ResponseBody.Invalid($"metadata.{key}", $"a value may have {MaxValue} characters");
        }

        return metadata;
    }
}
