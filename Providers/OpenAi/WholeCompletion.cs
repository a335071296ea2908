using System.Buffers;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>A service that answers a request for a stream with one plain chat.completion (or text_completion): retold as the chunks it would have
/// sent.</summary>
internal sealed class WholeCompletion(OpenAiAnswer answer, UpstreamRequest request) : IAnswer, IReporting
{
    public Framing Framing => Framing.Whole;

    public bool IsComplete => answer.IsComplete;

    public bool CanEnd => answer.CanEnd;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        using var document = Parse(frame);
        var completion = document.RootElement;
        if (completion.TryGetProperty("error", out var error) && error.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
            throw UpstreamErrors.FromEvent(frame, request);
        if (IsError(completion)) throw UpstreamErrors.FromEvent(frame, request);
        if (!completion.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array) throw NoCompletion();
        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.ValueKind != JsonValueKind.Object) throw NoCompletion();
            Retell(completion, chunks, json => WriteDelta(json, choice));
            Retell(completion, chunks, json => WriteFinish(json, choice));
        }

        if (completion.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object) Retell(completion, chunks, null, usage);
        answer.Read("[DONE]"u8, chunks);
    }

    public void End(List<UpstreamChunk> chunks) => answer.End(chunks);

    public void Report() => answer.Report();

    private void Retell(JsonElement completion, List<UpstreamChunk> chunks, Action<Utf8JsonWriter>? choice, JsonElement usage = default)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var member in completion.EnumerateObject())
            {
                if (member.Name is "choices" or "usage" or "object" or "error") continue;
                member.WriteTo(json);
            }

            json.WriteStartArray("choices");
            choice?.Invoke(json);
            json.WriteEndArray();
            if (usage.ValueKind == JsonValueKind.Object)
            {
                json.WritePropertyName("usage");
                usage.WriteTo(json);
            }

            json.WriteEndObject();
        }

        answer.Read(buffer.WrittenSpan, chunks);
    }

    private static void WriteDelta(Utf8JsonWriter json, JsonElement choice)
    {
        json.WriteStartObject();
        CopyIndex(json, choice);
        if (choice.TryGetProperty("text", out var text) && !choice.TryGetProperty("message", out _))
        {
            json.WritePropertyName("text");
            text.WriteTo(json);
        }

        json.WriteStartObject("delta");
        if (choice.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in message.EnumerateObject())
            {
                if (member.Name == "tool_calls" && member.Value.ValueKind == JsonValueKind.Array) WriteToolCalls(json, member.Value);
                else member.WriteTo(json);
            }
        }

        json.WriteEndObject();
        if (choice.TryGetProperty("logprobs", out var logprobs))
        {
            json.WritePropertyName("logprobs");
            logprobs.WriteTo(json);
        }

        json.WriteNull("finish_reason");
        json.WriteEndObject();
    }

    private static void WriteToolCalls(Utf8JsonWriter json, JsonElement calls)
    {
        json.WriteStartArray("tool_calls");
        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            if (call.ValueKind != JsonValueKind.Object) throw NoCompletion();
            json.WriteStartObject();
            json.WriteNumber("index", index++);
            foreach (var member in call.EnumerateObject())
            {
                if (member.Name != "index") member.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFinish(Utf8JsonWriter json, JsonElement choice)
    {
        json.WriteStartObject();
        foreach (var member in choice.EnumerateObject())
        {
            if (member.Name is not ("message" or "logprobs" or "delta" or "text")) member.WriteTo(json);
        }

        json.WriteStartObject("delta");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void CopyIndex(Utf8JsonWriter json, JsonElement choice)
    {
        if (!choice.TryGetProperty("index", out var index)) return;
        json.WritePropertyName("index");
        index.WriteTo(json);
    }

    /// <summary>As vLLM's servers have them.</summary>
    private static bool IsError(JsonElement completion) =>
        completion.TryGetProperty("object", out var kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("error"u8) && !completion.TryGetProperty("choices", out _);

    private static JsonDocument Parse(ReadOnlySpan<byte> frame)
    {
        try
        {
            var document = JsonDocument.Parse(frame.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw NoCompletion();
        }
        catch (JsonException)
        {
            throw NoCompletion();
        }
    }

    private static UpstreamException NoCompletion() =>
        UpstreamException.Of(FailureKind.Garbled, "The upstream answered with JSON that is not a chat completion.");
}
