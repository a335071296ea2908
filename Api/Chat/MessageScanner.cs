using System.Text.Json;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Chat;

/// <summary>Checks the shape of <c>messages</c>: objects with a role, and content that is text, parts or nothing.</summary>
internal static class MessageScanner
{
    /// <summary>The reader stands on the array's start and ends on its end.</summary>
    /// <param name="body">What it reads.</param>
    /// <param name="mayHaveBlocks">A message may have the member in which the gateway says to itself what Claude said; a client's may not: what it says would be told to Claude in the place of what is looked at.</param>
    /// <returns>What the conversation is recognised by, see <see cref="ConversationHash"/>, and the bytes of text in all messages.</returns>
    public static (ulong Turn, ulong? Follows, ulong First, long TextBytes) Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, bool mayHaveBlocks = false)
    {
        using var conversation = new ConversationHash();
        var (index, bytes) = (0, 0L);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw FieldType.Wrong($"messages[{index}]", "an object", reader.TokenType);
            var start = (int)reader.TokenStartIndex;
            var (isAnswer, text) = ScanMessage(ref reader, index, mayHaveBlocks);
            bytes += text;
            conversation.Add(body[start..(int)reader.BytesConsumed], isAnswer);
            index++;
        }

        if (index == 0) throw new RequestException(ApiError.BadRequest("Invalid 'messages': empty array. Expected at least one message.", "messages", "empty_array"));
        var (turn, follows, first) = conversation.Finish();
        return (turn, follows, first, bytes);
    }

    /// <returns>Whether it is one of the model's, and its bytes of text.</returns>
    private static (bool IsAnswer, long TextBytes) ScanMessage(ref Utf8JsonReader reader, int index, bool mayHaveBlocks)
    {
        var (hasRole, isAnswer, bytes, own) = (false, false, 0L, 0L);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            var isContent = !isRole && reader.ValueTextEquals("content"u8);
            var isOwn = !isRole && !isContent && reader.ValueTextEquals(AssistantContent.Name);
            if (isOwn && !mayHaveBlocks) throw Unknown($"messages[{index}].{AssistantContent.Name}");
            reader.Read();
            if (isRole)
            {
                if (reader.TokenType != JsonTokenType.String) throw FieldType.Wrong($"messages[{index}].role", "a string", reader.TokenType);
                hasRole = true;
                isAnswer = reader.ValueTextEquals("assistant"u8);
            }
            else if (isContent && reader.TokenType is not (JsonTokenType.String or JsonTokenType.StartArray or JsonTokenType.Null))
            {
                throw FieldType.Wrong($"messages[{index}].content", "a string, an array of parts or null", reader.TokenType);
            }

            if (isOwn) own += PromptLength.Skip(ref reader);
            else bytes += PromptLength.Skip(ref reader);
        }

        if (!hasRole)
        {
            throw new RequestException(ApiError.BadRequest($"Missing required parameter: 'messages[{index}].role'.", $"messages[{index}].role", "missing_required_parameter"));
        }

        // It says the same in other words, and the model is told one of the two.
        return (isAnswer, Math.Max(bytes, own));
    }

    private static RequestException Unknown(string field) => new(ApiError.BadRequest($"Unknown parameter: '{field}'.", field, "unknown_parameter"));
}
