using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary><c>input</c> of an embedding request for dialects that take texts only.</summary>
internal static class EmbeddingInput
{
    /// <summary>How many vectors must come back; zero: the request does not say, or asks for an empty text alone, to which Ollama answers without one.</summary>
    public static int CountIn(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("input", out var input)) return 0;
        if (input.ValueKind == JsonValueKind.String) return input.ValueEquals(""u8) ? 0 : 1;
        // Numbers are the tokens of one text.
        return input.ValueKind != JsonValueKind.Array || (input.GetArrayLength() > 0 && input[0].ValueKind == JsonValueKind.Number) ? 1 : input.GetArrayLength();
    }

    /// <param name="server">Who takes texts only, for the message.</param>
    /// <exception cref="UpstreamException">The caller's fault: missing, empty, or token numbers.</exception>
    public static List<JsonElement> Texts(JsonElement body, string server)
    {
        if (!body.TryGetProperty("input", out var input)) throw UpstreamException.CallerFault("input", "input is missing.");
        if (input.ValueKind == JsonValueKind.String) return [input];
        if (input.ValueKind == JsonValueKind.Array && input.GetArrayLength() > 0
            && input.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String))
        {
            return [.. input.EnumerateArray()];
        }

        throw UpstreamException.CallerFault("input", $"input must be a string or an array of strings: {server} takes no token numbers. A client that counts tokens itself can be told to send texts: check_embedding_ctx_length=False of LangChain's OpenAIEmbeddings.");
    }
}
