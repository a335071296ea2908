using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>Retells the events of a Converse stream as OpenAI chunks. Strings are copied with their escapes, never decoded.</summary>
internal sealed class ConverseToOpenAi(UpstreamRequest request, UpstreamReport report, KeptThoughts kept) : IAnswer, IReporting
{
    private enum Block
    {
        None,
        Other,
        Tool,

        /// <summary>The forced call whose input is the answer.</summary>
        Answer,
    }

    private readonly ChunkWriter _writer = new(request);
    private readonly ArrayBufferWriter<byte> _thought = new();
    private readonly JoinedBase64 _redacted = new();
    private readonly StringBuilder _redactedSoFar = new();

    /// <summary>All thinking blocks so far, up to what is kept.</summary>
    private readonly ArrayBufferWriter<byte> _thoughts = new();

    private long? _input, _output;
    private long _cacheRead, _cacheWritten;
    private Block _block;
    private byte[]? _signature;
    private int _calls;
    private bool _stopped, _counted, _hasInput;

    public Framing Framing => Framing.Messages;

    /// <summary>What has been used is told last.</summary>
    public bool IsComplete => _stopped && _counted;

    public bool CanEnd => _stopped;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        var message = EventStreamMessage.Read(frame);
        if (message.Kind is "exception" or "error") throw BedrockErrors.InStream(message, request);
        if (message.Kind != "event" || !Utf8.IsValid(message.Payload)) throw Garbled();
        try
        {
            using var document = JsonDocument.Parse(message.Payload.ToArray());
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Garbled();
            Tell(message.Name, document.RootElement, chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_stopped) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without a stop reason.");
        Report();
        if (report.Usage is not { } usage) return;
        var details = _cacheWritten + _cacheRead == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $$$""","prompt_tokens_details":{"cached_tokens":{{{_cacheRead}}}},"cache_creation_input_tokens":{{{_cacheWritten}}},"cache_read_input_tokens":{{{_cacheRead}}}""");
        _writer.Usage(chunks, usage, details);
    }

    public void Report()
    {
        if (report.Usage is not null) return;
        var estimate = _writer.Estimate;
        // What came from the cache, and went into it, is not in the input.
        var prompt = _input is { } input ? input + _cacheRead + _cacheWritten : estimate.Prompt;
        var completion = _output ?? estimate.Completion;
        report.Usage = new UpstreamUsage(prompt, completion, prompt + completion, Estimated: _input is null || _output is null) { CacheRead = _cacheRead, CacheWritten = _cacheWritten };
    }

    private void Tell(string name, JsonElement told, List<UpstreamChunk> chunks)
    {
        switch (name)
        {
            case "messageStart":
                Begin(chunks);
                break;
            case "contentBlockStart":
                EndBlock(chunks);
                if (told.TryGetProperty("start", out var start) && start.ValueKind == JsonValueKind.Object && start.TryGetProperty("toolUse", out var call)) BeginCall(call, chunks);
                break;
            case "contentBlockDelta":
                Begin(chunks);
                if (told.TryGetProperty("delta", out var delta) && delta.ValueKind == JsonValueKind.Object) TellDelta(delta, chunks);
                break;
            case "contentBlockStop":
                EndBlock(chunks);
                break;
            case "messageStop":
                EndBlock(chunks);
                Stop(told, chunks);
                break;
            case "metadata":
                Count(told);
                break;
        }
    }

    public void Begin(List<UpstreamChunk> chunks) => _writer.Role(chunks);

    public void BeginCall(JsonElement call, List<UpstreamChunk> chunks)
    {
        Begin(chunks);
        var name = ChatMessage.String(call, "name") ?? "";
        _hasInput = false;
        if (report.AnswerIsToolInput && name == AnthropicTools.AnswerTool)
        {
            _block = Block.Answer;
            return;
        }

        _block = Block.Tool;
        var id = ChatMessage.String(call, "toolUseId") ?? CallIds.Of(request, _calls);
        if (_thoughts.WrittenCount > 0) kept.Keep(request, id, _thoughts.WrittenSpan.ToArray());
        _writer.Call(chunks, _calls++, id, name, "");
    }

    public void TellDelta(JsonElement delta, List<UpstreamChunk> chunks)
    {
        if (_block == Block.None) _block = Block.Other;
        if (Literal(delta, "text") is { IsEmpty: false } text)
        {
            _writer.Text(chunks, "content", text);
        }
        else if (delta.TryGetProperty("toolUse", out var call) && call.ValueKind == JsonValueKind.Object)
        {
            TellInput(Literal(call, "input"), chunks);
        }
        else if (delta.TryGetProperty("reasoningContent", out var thought) && thought.ValueKind == JsonValueKind.Object)
        {
            TellThought(thought, chunks);
        }
        else if (delta.TryGetProperty("citation", out var citation) && citation.ValueKind == JsonValueKind.Object)
        {
            TellCitation(JsonMarshal.GetRawUtf8Value(citation), chunks);
        }
    }

    /// <param name="literal">A piece of a text in JSON, as a JSON string.</param>
    public void TellInput(ReadOnlySpan<byte> literal, List<UpstreamChunk> chunks)
    {
        if (literal.Length <= 2) return;
        _hasInput = true;
        if (_block == Block.Answer) _writer.Text(chunks, "content", literal);
        else if (_block == Block.Tool) _writer.Arguments(chunks, _calls - 1, literal);
    }

    public void TellThought(JsonElement thought, List<UpstreamChunk> chunks)
    {
        if (Literal(thought, "text") is { Length: > 2 } text)
        {
            if (_thought.WrittenCount + text.Length > FrameReader.MaxFrame) throw TooLarge();
            _thought.Write(text[1..^1]);
            _writer.Text(chunks, "reasoning_content", text);
        }

        if (Literal(thought, "signature") is { Length: > 2 } signature) _signature = signature.ToArray();
        if (ChatMessage.String(thought, "redactedContent") is not { } redacted) return;
        if (_redactedSoFar.Append(_redacted.Add(redacted)).Length > FrameReader.MaxFrame) throw TooLarge();
    }

    /// <summary>A thought is told once more when it has ended: whole and with its signature, as it must come back in the next turn of a tool call; LiteLLM's field.</summary>
    public void EndBlock(List<UpstreamChunk> chunks)
    {
        // A call without arguments still has an empty object of them.
        if (_block == Block.Tool && !_hasInput) _writer.Arguments(chunks, _calls - 1, "\"{}\""u8);
        if (_signature is not null)
        {
            TellThinkingBlock([.. "{\"type\":\"thinking\",\"thinking\":\""u8, .. _thought.WrittenSpan, .. "\",\"signature\":"u8, .. _signature, (byte)'}'], chunks);
            _signature = null;
        }

        _thought.ResetWrittenCount();
        _redactedSoFar.Append(_redacted.Rest());
        if (_redactedSoFar.Length > 0) TellThinkingBlock([.. "{\"type\":\"redacted_thinking\",\"data\":"u8, .. JsonText.Quote(_redactedSoFar.ToString()), (byte)'}'], chunks);
        _redactedSoFar.Clear();
        _block = Block.None;
    }

    public void Stop(JsonElement told, List<UpstreamChunk> chunks)
    {
        if (_stopped || ChatMessage.String(told, "stopReason") is not { } reason) return;
        Begin(chunks);
        _stopped = true;
        _writer.Finish(chunks, Reason(reason), more: IsTold(reason) ? [] : [.. ",\"native_finish_reason\":"u8, .. JsonText.Quote(reason)]);
    }

    public void Count(JsonElement told)
    {
        _counted = true;
        if (!told.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return;
        (_input, _output) = (Tokens(usage, "inputTokens"), Tokens(usage, "outputTokens"));
        (_cacheRead, _cacheWritten) = (Tokens(usage, "cacheReadInputTokens") ?? 0, Tokens(usage, "cacheWriteInputTokens") ?? 0);
    }

    private void TellThinkingBlock(ReadOnlySpan<byte> block, List<UpstreamChunk> chunks)
    {
        var chunk = _writer.Open();
        chunk.Write("\"thinking_blocks\":["u8);
        chunk.Write(block);
        chunk.Write("]"u8);
        chunks.Add(_writer.Close(null, 0));
        if (_thoughts.WrittenCount > KeptThoughts.LongestBytes) return;
        if (_thoughts.WrittenCount > 0) _thoughts.Write(","u8);
        _thoughts.Write(block);
    }

    /// <summary>Where the words before it are from; LiteLLM's field.</summary>
    private void TellCitation(ReadOnlySpan<byte> citation, List<UpstreamChunk> chunks)
    {
        if (!BlockDepth.IsShallow(citation) || JsonText.HasHalfName(citation)) return;
        var chunk = _writer.Open();
        chunk.Write("\"provider_specific_fields\":{\"citation\":"u8);
        chunk.Write(JsonText.OnOneLine(citation));
        chunk.Write("}"u8);
        chunks.Add(_writer.Close(null, 0));
    }

    private string Reason(string reason) => reason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "length",
        "guardrail_intervened" or "content_filtered" => "content_filter",
        // Some models say end_turn when they have called.
        "tool_use" or "end_turn" => _calls > 0 ? "tool_calls" : "stop",
        _ => "stop",
    };

    /// <summary>OpenAI's reason tells all of it; what else there is stands beside it, under OpenRouter's name.</summary>
    private static bool IsTold(string reason) => reason is "end_turn" or "tool_use" or "max_tokens" or "stop_sequence" or "content_filtered";

    /// <summary>A text as it stands, with its quotes; empty: it is none.</summary>
    private static ReadOnlySpan<byte> Literal(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? JsonMarshal.GetRawUtf8Value(text) : default;

    private static long? Tokens(JsonElement usage, string name) =>
        usage.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var tokens) ? tokens : null;

    private static UpstreamException TooLarge() => UpstreamException.Of(FailureKind.TooLarge, $"A thought of the answer is larger than {FrameReader.MaxFrame} bytes.");

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent an event that is not what Bedrock sends.");
}
