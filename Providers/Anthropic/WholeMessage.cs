using System.Buffers;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>A service that answers a request for a stream with one plain message: retold as the events it would have sent.</summary>
internal sealed class WholeMessage(AnthropicToOpenAi answer, UpstreamRequest request) : IAnswer, IReporting
{
    public Framing Framing => Framing.Whole;

    public bool IsComplete => answer.IsComplete;

    public bool CanEnd => answer.CanEnd;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        try
        {
            using var document = JsonDocument.Parse(frame.ToArray());
            var message = document.RootElement;
            if (message.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null) throw UpstreamErrors.FromEvent(frame, request);
            // A name that nobody can read cannot be told either.
            var besides = JsonText.HasHalfName(frame) ? [] : message.EnumerateObject().Where(member => member.Name is not ("content" or "usage")).ToList();
            Retell(chunks, json =>
            {
                json.WriteString("type", "message_start");
                json.WriteStartObject("message");
                foreach (var member in besides) member.WriteTo(json);
                json.WriteEndObject();
            });
            foreach (var block in message.GetProperty("content").EnumerateArray()) Retell(block, chunks);
            Retell(chunks, json =>
            {
                json.WriteString("type", "message_delta");
                json.WriteStartObject("delta");
                if (ChatMessage.String(message, "stop_reason") is { } reason) json.WriteString("stop_reason", reason);
                if (ChatMessage.String(message, "stop_sequence") is { } sequence) json.WriteString("stop_sequence", sequence);
                json.WriteEndObject();
                if (!message.TryGetProperty("usage", out var usage)) return;
                json.WritePropertyName("usage");
                usage.WriteTo(json);
            });
            Retell(chunks, json => json.WriteString("type", "message_stop"));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw UpstreamException.Of(FailureKind.Garbled, "The upstream answered with JSON that is not a message.", wrong);
        }
    }

    public void End(List<UpstreamChunk> chunks) => answer.End(chunks);

    public void Report() => answer.Report();

    private void Retell(JsonElement block, List<UpstreamChunk> chunks)
    {
        Retell(chunks, json =>
        {
            json.WriteString("type", "content_block_start");
            json.WritePropertyName("content_block");
            block.WriteTo(json);
        });
        if (ChatMessage.String(block, "signature") is { } signature)
        {
            Retell(chunks, json =>
            {
                json.WriteString("type", "content_block_delta");
                json.WriteStartObject("delta");
                json.WriteString("type", "signature_delta");
                json.WriteString("signature", signature);
                json.WriteEndObject();
            });
        }

        Retell(chunks, json => json.WriteString("type", "content_block_stop"));
    }

    private void Retell(List<UpstreamChunk> chunks, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        answer.Read(buffer.WrittenSpan, chunks);
    }
}
