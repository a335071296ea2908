using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Retells the lines of /api/chat as OpenAI chunks. Strings are copied with their escapes, never decoded.</summary>
internal sealed class OllamaToOpenAi : IAnswer, IReporting
{
    private readonly UpstreamRequest _request;
    private readonly UpstreamReport _report;
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private readonly ArrayBufferWriter<byte> _chunk = new(512);
    private bool _begun, _done, _finished;
    private int _calls;
    private long _payloadChunks, _payloadBytes;

    public OllamaToOpenAi(UpstreamRequest request, UpstreamReport report)
    {
        (_request, _report) = (request, report);
        _head =
        [
            .. "{\"id\":"u8, .. JsonText.Quote(request.CompletionId), .. ",\"object\":\"chat.completion.chunk\",\"created\":"u8,
            .. JsonText.Number(request.Created), .. ",\"model\":"u8, .. JsonText.Quote(request.PublicModel), .. ",\"choices\":["u8,
        ];
        _tail = request.ClientWantsUsage ? [.. "],\"usage\":null}"u8] : [.. "]}"u8];
    }

    public Framing Framing => Framing.Lines;

    public bool IsComplete => _done;

    public bool CanEnd => _finished;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            ReadLine(frame, chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_finished) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without its last line.");
        Report();
        if (!_request.ClientWantsUsage || _report.Usage is not { } usage) return;
        _chunk.ResetWrittenCount();
        _chunk.Write(_head);
        Text($$$"""],"usage":{"prompt_tokens":{{{usage.Prompt}}},"completion_tokens":{{{usage.Completion}}},"total_tokens":{{{usage.Total}}}}}""");
        chunks.Add(new(_chunk.WrittenSpan.ToArray(), ChunkKind.UsageOnly, null));
    }

    public void Report() => _report.Usage ??= UsageEstimate.From(_request, _payloadChunks, _payloadBytes);

    private void ReadLine(ReadOnlySpan<byte> line, List<UpstreamChunk> chunks)
    {
        var found = new Line();
        var reader = new Utf8JsonReader(line);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name.SequenceEqual("message"u8) && reader.TokenType == JsonTokenType.StartObject) ReadMessage(ref reader, ref found);
            else if (name.SequenceEqual("done"u8)) found.Done = reader.TokenType == JsonTokenType.True;
            else if (name.SequenceEqual("done_reason"u8)) found.IsLength = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("length"u8);
            else if (name.SequenceEqual("prompt_eval_count"u8)) found.PromptTokens = Number(ref reader);
            else if (name.SequenceEqual("eval_count"u8)) found.AnswerTokens = Number(ref reader);
            else if (name.SequenceEqual("load_duration"u8)) found.LoadNanoseconds = Number(ref reader);
            else if (name.SequenceEqual("logprobs"u8) && reader.TokenType == JsonTokenType.StartArray) found.Logprobs = Value(ref reader, start);
            else if (name.SequenceEqual("error"u8) && reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False))
                throw UpstreamErrors.FromEvent(line, _request);
            else reader.Skip();
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();
        Emit(line, found, chunks);
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ref Line found)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isText = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
            if (isText && name.SequenceEqual("content"u8)) found.Content = Value(ref reader, start);
            else if (isText && name.SequenceEqual("thinking"u8)) found.Thinking = Value(ref reader, start);
            else if (name.SequenceEqual("tool_calls"u8) && reader.TokenType == JsonTokenType.StartArray) found.ToolCalls = Value(ref reader, start);
            else reader.Skip();
        }
    }

    private void Emit(ReadOnlySpan<byte> line, Line found, List<UpstreamChunk> chunks)
    {
        if (!_begun)
        {
            _begun = true;
            Begin();
            _chunk.Write("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"u8);
            chunks.Add(Finish(null, default, ChunkKind.None));
        }

        if (found.HasText)
        {
            Begin();
            if (found.HasThinking)
            {
                _chunk.Write("\"reasoning_content\":"u8);
                _chunk.Write(line[found.Thinking]);
                if (found.HasContent) _chunk.Write(","u8);
            }

            if (found.HasContent)
            {
                _chunk.Write("\"content\":"u8);
                _chunk.Write(line[found.Content]);
            }

            _payloadBytes += found.TextLength;
            chunks.Add(Finish(null, found.HasLogprobs ? line[found.Logprobs] : default, ChunkKind.Payload));
        }

        if (found.HasToolCalls) EmitToolCalls(line[found.ToolCalls], chunks);
        if (!found.Done) return;

        // Ollama says "stop" even when it called tools; "load" and "unload" are the replies to a request without messages.
        var reason = found.IsLength ? "length" : _calls > 0 ? "tool_calls" : "stop";
        Begin();
        chunks.Add(Finish(reason, default, ChunkKind.None));
        (_done, _finished) = (true, true);
        if (found.LoadNanoseconds > 0) _report.LoadDuration = TimeSpan.FromTicks(found.LoadNanoseconds / TimeSpan.NanosecondsPerTick);

        // Zero counts are left out (Go's omitempty); a done line without any of them has no usage to tell.
        if (found.PromptTokens >= 0 || found.AnswerTokens >= 0)
        {
            var (prompt, answer) = (Math.Max(found.PromptTokens, 0), Math.Max(found.AnswerTokens, 0));
            _report.Usage = new UpstreamUsage(prompt, answer, prompt + answer, Estimated: false);
        }
    }

    /// <summary>Ollama sends whole calls, usually one a line, with their arguments as an object.</summary>
    private void EmitToolCalls(ReadOnlySpan<byte> calls, List<UpstreamChunk> chunks)
    {
        using var document = JsonDocument.Parse(calls.ToArray());
        foreach (var call in document.RootElement.EnumerateArray())
        {
            if (!call.TryGetProperty("function", out var function) || !function.TryGetProperty("name", out var name)) throw new JsonException();
            var id = call.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String && given.GetString() is { Length: > 0 } named
                ? named
                : string.Create(CultureInfo.InvariantCulture, $"call_{_request.CompletionId}_{_calls}");
            var arguments = !function.TryGetProperty("arguments", out var value) ? "{}"
                : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            Begin();
            Text(string.Create(CultureInfo.InvariantCulture, $"\"tool_calls\":[{{\"index\":{_calls++},\"id\":"));
            _chunk.Write(JsonText.Quote(id));
            _chunk.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
            _chunk.Write(JsonText.Quote(name.GetString()!));
            _chunk.Write(",\"arguments\":"u8);
            _chunk.Write(JsonText.Quote(arguments));
            _chunk.Write("}}]"u8);
            _payloadBytes += arguments.Length;
            chunks.Add(Finish(null, default, ChunkKind.Payload));
        }
    }

    private void Begin()
    {
        _chunk.ResetWrittenCount();
        _chunk.Write(_head);
        _chunk.Write("{\"index\":0,\"delta\":{"u8);
    }

    private UpstreamChunk Finish(string? reason, ReadOnlySpan<byte> logprobs, ChunkKind kind)
    {
        _chunk.Write("},\"logprobs\":"u8);
        if (logprobs.IsEmpty) _chunk.Write("null"u8);
        else OllamaLogprobs.Write(_chunk, logprobs);
        _chunk.Write(",\"finish_reason\":"u8);
        if (reason is null) _chunk.Write("null}"u8);
        else Text($"\"{reason}\"}}");
        _chunk.Write(_tail);
        if (kind == ChunkKind.Payload) _payloadChunks++;
        return new(_chunk.WrittenSpan.ToArray(), kind, reason);
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, _chunk);

    private static long Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) return number;
        reader.Skip();
        return -1;
    }

    private static Range Value(ref Utf8JsonReader reader, int start)
    {
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent a line that is not what Ollama sends.");

    /// <summary>Where in a line things are.</summary>
    private struct Line()
    {
        public Range Content, Thinking, ToolCalls, Logprobs;
        public bool Done, IsLength;
        public long PromptTokens = -1, AnswerTokens = -1, LoadNanoseconds;

        public readonly bool HasContent => Content.End.Value > 0;

        public readonly bool HasThinking => Thinking.End.Value > 0;

        public readonly bool HasText => HasContent || HasThinking;

        public readonly bool HasToolCalls => ToolCalls.End.Value > 0;

        public readonly bool HasLogprobs => Logprobs.End.Value > 0;

        public readonly int TextLength => Content.End.Value - Content.Start.Value + Thinking.End.Value - Thinking.Start.Value;
    }
}
