using System.Text.Json;

namespace OrleansLlm.Grains.Inference;

/// <summary>About how many tokens a request's body stands for: four bytes of text each, images and other attachments left out.</summary>
internal static class PromptEstimate
{
    private const int BytesPerToken = 4;

    /// <summary>What the prompt takes, and what the answer may take by <c>max_tokens</c> (0: it does not say).</summary>
    public static (long Prompt, long Answer) Of(ReadOnlySpan<byte> body)
    {
        long bytes = 0, answer = 0;
        var reader = new Utf8JsonReader(body);
        var isAttachment = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                isAttachment = reader.ValueTextEquals("url"u8) || reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("file_data"u8);
                var isLimit = reader.CurrentDepth == 1 && (reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8));
                if (isLimit && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var most)) answer = Math.Max(answer, most);
            }
            else if (reader.TokenType == JsonTokenType.String && !isAttachment && reader.CurrentDepth > 1)
            {
                bytes += reader.ValueSpan.Length;
            }
        }

        return ((bytes + BytesPerToken - 1) / BytesPerToken, Math.Max(answer, 0));
    }
}
