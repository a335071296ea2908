using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Retells the lines of /api/chat and /api/generate as OpenAI chunks. Strings are copied with their escapes, never decoded.</summary>
internal sealed class OllamaToOpenAi(UpstreamRequest request, UpstreamReport report) : IAnswer, IReporting
{
    private readonly ChunkWriter _writer = new(request);
    private readonly bool _isText = request.Operation == UpstreamOperation.Completion;
    private bool _done;
    private int _calls, _written;

    public Framing Framing => Framing.Lines;

    public bool IsComplete => _done;

    public bool CanEnd => _done;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            Emit(frame, OllamaLine.Read(frame, request), chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_done) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without its last line.");
        Report();
        if (report.Usage is { } usage) _writer.Usage(chunks, usage);
    }

    public void Report() => report.Usage ??= _writer.Estimate;

    private void Emit(ReadOnlySpan<byte> line, OllamaLine found, List<UpstreamChunk> chunks)
    {
        _writer.Role(chunks);
        if (_isText && found is { HasContent: true, HasLogprobs: true }) EmitTextWithLogprobs(line, found, chunks);
        else if (_isText) _writer.Text(chunks, "text", line[found.Content]);
        else if (found.HasText) EmitText(line, found, chunks);
        if (found.HasToolCalls && !_isText) EmitToolCalls(line[found.ToolCalls], chunks);
        if (!found.Done) return;

        // Ollama says "stop" even when it called tools; "load" and "unload" are the replies to a request without messages.
        _writer.Finish(chunks, found.IsLength ? "length" : _calls > 0 ? "tool_calls" : "stop");
        _done = true;
        if (found.LoadNanoseconds > 0) report.LoadDuration = TimeSpan.FromTicks(found.LoadNanoseconds / TimeSpan.NanosecondsPerTick);
        report.Usage = found.UsageOr(_writer.Estimate);
    }

    private void EmitText(ReadOnlySpan<byte> line, OllamaLine found, List<UpstreamChunk> chunks)
    {
        if (found is { HasThinking: false, HasLogprobs: false } && line[found.Content].Length > 2)
        {
            _writer.Text(chunks, "content", line[found.Content]);
            return;
        }

        var chunk = _writer.Open();
        if (found.HasThinking)
        {
            chunk.Write("\"reasoning_content\":"u8);
            chunk.Write(line[found.Thinking]);
            if (found.HasContent) chunk.Write(","u8);
        }

        if (found.HasContent)
        {
            chunk.Write("\"content\":"u8);
            chunk.Write(line[found.Content]);
        }

        chunks.Add(found.HasLogprobs ? WithLogprobs(line[found.Logprobs].ToArray(), found.TextLength) : _writer.Close(null, found.TextLength));
    }

    private void EmitTextWithLogprobs(ReadOnlySpan<byte> line, OllamaLine found, List<UpstreamChunk> chunks)
    {
        var chunk = _writer.Open();
        chunk.Write("\"text\":"u8);
        chunk.Write(line[found.Content]);
        var logprobs = line[found.Logprobs].ToArray();
        chunks.Add(_writer.Close(null, found.TextLength, to => _written = OllamaLogprobs.WriteText(to, logprobs, _written)));
    }

    private UpstreamChunk WithLogprobs(byte[] logprobs, int payload) => _writer.Close(null, payload, to => OllamaLogprobs.Write(to, logprobs));

    /// <summary>Ollama sends whole calls, usually one a line, with their arguments as an object.</summary>
    private void EmitToolCalls(ReadOnlySpan<byte> calls, List<UpstreamChunk> chunks)
    {
        using var document = JsonDocument.Parse(calls.ToArray());
        foreach (var call in document.RootElement.EnumerateArray())
        {
            if (!call.TryGetProperty("function", out var function) || !function.TryGetProperty("name", out var name)) throw new JsonException();
            var id = call.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String && given.GetString() is { Length: > 0 } named
                ? named
                : CallIds.Of(request, _calls);
            var arguments = !function.TryGetProperty("arguments", out var value) || value.ValueKind == JsonValueKind.Null ? "{}"
                : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            _writer.Call(chunks, _calls++, id, name.GetString()!, arguments);
        }
    }

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent a line that is not what Ollama sends.");
}
