using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// What a model has thought in earlier turns, and LiteLLM's field for what only its own service knows, which some services refuse to be told again; and Claude's blocks as they were, which are for its own
/// dialect alone.
/// </summary>
internal static class Thoughts
{
    /// <summary>The request's body, without thoughts where its provider does not read them.</summary>
    public static ReadOnlyMemory<byte> LeftOutOf(UpstreamRequest request)
    {
        // Hardly any request has some: they are looked for before anything is read.
        if (request.Operation != UpstreamOperation.Chat) return request.Body;
        var thoughts = MayHave(request.Body.Span) && !Reads(UpstreamProviders.Find(request.Provider), request.ApiBase);
        if (!thoughts && request.Body.Span.IndexOf(Own) < 0) return request.Body;
        return Splices.Edit(request.Body, (body, splices) => Find(body, thoughts, splices));
    }

    private static ReadOnlySpan<byte> Own => "\"anthropic_content\""u8;

    /// <summary>Under the name of OpenAI many run a server of their own, which takes them or passes over them.</summary>
    public static bool Reads(UpstreamProvider provider, Uri? apiBase) =>
        provider.ReadsThoughts || (provider.Name == "openai" && apiBase is not null && !UpstreamProviders.AreOpenAis(provider.Name, apiBase));

    private static bool MayHave(ReadOnlySpan<byte> body) => body.IndexOf("\"reasoning_content\""u8) >= 0 || body.IndexOf("\"thinking_blocks\""u8) >= 0 || body.IndexOf("\"provider_specific_fields\""u8) >= 0;

    private static void Find(ReadOnlySpan<byte> body, bool thoughts, Splices splices)
    {
        var reader = new Utf8JsonReader(body, NestedJson.Reader);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (isMessages && reader.TokenType == JsonTokenType.StartArray) FindInMessages(ref reader, body, thoughts, splices);
            else reader.Skip();
        }
    }

    private static void FindInMessages(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, bool thoughts, Splices splices)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject && WithoutThoughts(ref reader, body, thoughts) is { } message)
                splices.Replace(start, (int)reader.BytesConsumed, message);
            else reader.Skip();
        }
    }

    /// <summary>Reads a message to its end; null: it has nothing to leave out; what the model is told it has thought is in its own messages alone.</summary>
    private static byte[]? WithoutThoughts(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, bool thoughts)
    {
        var (isAnswer, hasThoughts, hasOwn) = (false, false, false);
        var kept = new ArrayBufferWriter<byte>();
        kept.Write("{"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var isOwn = reader.ValueTextEquals(ChatMessage.OwnContent);
            var isThought = isOwn
                || (thoughts && (reader.ValueTextEquals("reasoning_content"u8) || reader.ValueTextEquals("thinking_blocks"u8) || reader.ValueTextEquals("provider_specific_fields"u8)));
            var isRole = reader.ValueTextEquals("role"u8);
            reader.Read();
            isAnswer |= isRole && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("assistant"u8);
            reader.Skip();
            hasThoughts |= isThought;
            hasOwn |= isOwn;
            if (isThought) continue;
            if (kept.WrittenCount > 1) kept.Write(","u8);
            kept.Write(body[start..(int)reader.BytesConsumed]);
        }

        if (!(isAnswer && hasThoughts) && !hasOwn) return null;
        kept.Write("}"u8);
        return kept.WrittenSpan.ToArray();
    }
}
