using System.Text.Json;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// About how many tokens the prompt of a body takes that has been put together here: four bytes of text each, images and other attachments
/// left out. For a body as it came the front end has counted already.
/// </summary>
internal static class PromptEstimate
{
    private const int BytesPerToken = 4;

    public static long Of(ReadOnlySpan<byte> body)
    {
        long bytes = 0;
        var reader = new Utf8JsonReader(body);
        var (isAttachment, isPrompt) = (false, false);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                isAttachment = reader.ValueTextEquals("url"u8) || reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("file_data"u8);
                isPrompt = reader.CurrentDepth == 1 && (reader.ValueTextEquals("prompt"u8) || reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("suffix"u8));
            }
            else if (reader.TokenType == JsonTokenType.String && !isAttachment && (reader.CurrentDepth > 1 || isPrompt))
            {
                bytes += reader.ValueSpan.Length;
            }
        }

        return (bytes + BytesPerToken - 1) / BytesPerToken;
    }
}
