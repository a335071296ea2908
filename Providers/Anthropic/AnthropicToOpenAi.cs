using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Retells the events of a Messages stream as OpenAI chunks. Strings are copied with their escapes, never decoded.</summary>
internal sealed class AnthropicToOpenAi(UpstreamRequest request, UpstreamReport report, KeptThoughts kept) : IAnswer, IReporting
{
    private enum Block
    {
        Other,
        Text,
        Thinking,
        Tool,

        /// <summary>The forced call whose input is the answer.</summary>
        Answer,
    }

    private readonly ChunkWriter _writer = new(request);
    private readonly ArrayBufferWriter<byte> _thought = new();

    /// <summary>All thinking blocks so far, up to what is kept.</summary>
    private readonly ArrayBufferWriter<byte> _thoughts = new();

    /// <summary>Null: the client wants OpenAI's words alone.</summary>
    private readonly OwnBlocks? _own = request.SpeaksAnthropic ? new OwnBlocks() : null;

    /// <summary>Null: the client reads Anthropic's own citations.</summary>
    private readonly SearchCitations? _citations = request.SpeaksAnthropic ? null : new SearchCitations();

    private AnthropicUsage _usage;
    private Block _block;
    private byte[]? _signature;
    private int _calls;
    private bool _done, _stopped, _hasArguments, _isOwn;

    public Framing Framing => Framing.Events;

    public bool IsComplete => _done;

    public bool CanEnd => _stopped;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        frame = frame.Trim(" \t\r\n"u8);
        if (frame.IsEmpty) return;
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            // Parts of it are told as they stand, and a line break ends an event.
            if (frame.ContainsAny((byte)'\n', (byte)'\r')) frame = JsonText.OnOneLine(frame);
            var found = AnthropicEvent.Read(frame);
            if (found.HasError) throw UpstreamErrors.FromEvent(frame, request);
            Tell(frame, found, chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_stopped) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without a stop reason.");
        Report();
        if (report.Usage is not { } usage) return;
        var (written, read) = (_usage.CacheWritten ?? 0, _usage.CacheRead ?? 0);
        var details = written + read == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $$$""","prompt_tokens_details":{"cached_tokens":{{{read}}}},"cache_creation_input_tokens":{{{written}}},"cache_read_input_tokens":{{{read}}}""");
        _writer.Usage(chunks, usage, details);
    }

    public void Report()
    {
        if (report.Usage is not null) return;
        // The input is told at the begin, the output with the stop reason: until then it is an estimate.
        var estimate = _writer.Estimate;
        var prompt = _usage.Input is null ? estimate.Prompt : _usage.Input.Value + (_usage.CacheWritten ?? 0) + (_usage.CacheRead ?? 0);
        var completion = _stopped && _usage.Output is { } output ? output : estimate.Completion;
        report.Usage = new UpstreamUsage(prompt, completion, prompt + completion, Estimated: _usage.Input is null || _usage.Output is null || !_stopped)
        {
            CacheRead = _usage.CacheRead ?? 0,
            CacheWritten = _usage.CacheWritten ?? 0,
        };
    }

    private void Tell(ReadOnlySpan<byte> frame, AnthropicEvent found, List<UpstreamChunk> chunks)
    {
        if (found.Type.SequenceEqual("content_block_delta"u8))
        {
            TellDelta(frame, found, chunks);
        }
        else if (found.Type.SequenceEqual("message_start"u8))
        {
            // What it says of the output here is only a beginning.
            _usage.Take(found.Usage);
            _usage.Output = null;
            _writer.Role(chunks, more: request.SpeaksAnthropic ? [.. Begun(), .. OwnMembers.AtStart(frame)] : default);
        }
        else if (found.Type.SequenceEqual("content_block_start"u8))
        {
            _writer.Role(chunks);
            Begin(frame, found, chunks);
            BeginOwn(frame, found);
        }
        else if (found.Type.SequenceEqual("content_block_stop"u8))
        {
            EndBlock(chunks);
        }
        else if (found.Type.SequenceEqual("message_delta"u8))
        {
            _usage.Take(found.Usage);
            if (found.StopReason is null || _stopped) return;
            _writer.Role(chunks);
            _stopped = true;
            _writer.Finish(chunks, Reason(found.StopReason), more: [.. Besides(found.StopReason, frame[found.StopSequence]), .. request.SpeaksAnthropic ? OwnMembers.AtEnd(frame) : []]);
        }
        else if (found.Type.SequenceEqual("message_stop"u8))
        {
            _done = _stopped;
        }
    }

    private void TellDelta(ReadOnlySpan<byte> frame, AnthropicEvent found, List<UpstreamChunk> chunks)
    {
        if (_isOwn) _own!.Go(frame, found);
        switch (_block)
        {
            case Block.Text when Has(found.Citation):
                TellCitation(frame[found.Citation], chunks);
                break;
            case Block.Text:
                TellContent(frame[found.Text], chunks);
                break;
            case Block.Thinking when Has(found.Signature):
                _signature = frame[found.Signature].ToArray();
                break;
            case Block.Thinking:
                TellThought(frame[found.Thinking], chunks);
                break;
            case Block.Tool:
                _hasArguments |= frame[found.PartialJson].Length > 2;
                _writer.Arguments(chunks, _calls - 1, frame[found.PartialJson]);
                break;
            case Block.Answer:
                _writer.Text(chunks, "content", frame[found.PartialJson]);
                break;
        }
    }

    private void Begin(ReadOnlySpan<byte> frame, AnthropicEvent found, List<UpstreamChunk> chunks)
    {
        _block = Block.Other;
        if (found.BlockType.SequenceEqual("text"u8))
        {
            _block = Block.Text;
            _citations?.BeginBlock();
            TellContent(frame[found.Text], chunks);
        }
        else if (found.BlockType.SequenceEqual("tool_use"u8))
        {
            // Usually {}: the input follows in pieces. Some servers send it whole.
            var input = frame[found.Input];
            _hasArguments = input.Length > 2;
            var isAnswer = report.AnswerIsToolInput && found.Name == AnthropicTools.AnswerTool;
            _block = isAnswer ? Block.Answer : Block.Tool;
            if (isAnswer)
            {
                if (_hasArguments) _writer.Text(chunks, "content", JsonText.Quote(Encoding.UTF8.GetString(input)));
                return;
            }

            var id = found.Id ?? CallIds.Of(request, _calls);
            if (_thoughts.WrittenCount > 0) kept.Keep(request, id, _thoughts.WrittenSpan.ToArray());
            _writer.Call(chunks, _calls++, id, found.Name ?? "", _hasArguments ? Encoding.UTF8.GetString(input) : "",
                request.SpeaksAnthropic ? OwnMembers.OfCall(frame[found.Block]) : "");
        }
        else if (found.BlockType.SequenceEqual("thinking"u8))
        {
            _block = Block.Thinking;
            _thought.ResetWrittenCount();
            _signature = null;
            TellThought(frame[found.Thinking], chunks);
        }
        else if (found.BlockType.SequenceEqual("redacted_thinking"u8))
        {
            TellThinkingBlock(frame[found.Block], chunks);
        }
    }

    private void EndBlock(List<UpstreamChunk> chunks)
    {
        // A call without arguments still has an empty object of them.
        if (_block == Block.Tool && !_hasArguments) _writer.Arguments(chunks, _calls - 1, "\"{}\""u8);
        if (_block == Block.Thinking && _signature is not null)
        {
            TellThinkingBlock(
                [.. "{\"type\":\"thinking\",\"thinking\":\""u8, .. _thought.WrittenSpan, .. "\",\"signature\":"u8, .. _signature, (byte)'}'], chunks);
        }

        if (_block == Block.Text) _citations?.EndBlock(_writer, chunks);
        _block = Block.Other;
        if (_isOwn && _own!.End() is { IsEmpty: false } block) TellOwn(block, chunks);
        _isOwn = false;
    }

    /// <summary>
    /// A whole message is told block by block, as it came. Of a stream only those blocks are that OpenAI has no words for: what Claude asked the service's
    /// own tools, and what they brought.
    /// </summary>
    private void BeginOwn(ReadOnlySpan<byte> frame, AnthropicEvent found)
    {
        var hasWords = _block != Block.Other || found.BlockType.SequenceEqual("redacted_thinking"u8);
        _isOwn = _own is not null && !report.AnswerIsToolInput && !(request.ClientStreams && hasWords);
        if (_isOwn) _own!.Begin(frame, found);
    }

    private void TellOwn(ReadOnlySpan<byte> block, List<UpstreamChunk> chunks)
    {
        if (!request.ClientStreams)
        {
            TellBlocks(ChatMessage.OwnContent, block, chunks);
            return;
        }

        // What lies deeper is none of theirs, and a reader of chunks may not take it.
        if (!BlockDepth.IsShallow(block)) return;
        var chunk = _writer.Open();
        chunk.Write(JsonText.Quote(ChatMessage.OwnBlock));
        chunk.Write(":"u8);
        chunk.Write(block);
        chunks.Add(_writer.Close(null, 1));
    }

    private void TellContent(ReadOnlySpan<byte> literal, List<UpstreamChunk> chunks)
    {
        _citations?.Count(literal);
        _writer.Text(chunks, "content", literal);
    }

    private void TellThought(ReadOnlySpan<byte> literal, List<UpstreamChunk> chunks)
    {
        if (literal.Length <= 2) return;
        _thought.Write(literal[1..^1]);
        _writer.Text(chunks, "reasoning_content", literal);
    }

    /// <summary>Whole and with its signature, as it must come back in the next turn of a tool call; LiteLLM's field.</summary>
    private void TellThinkingBlock(ReadOnlySpan<byte> block, List<UpstreamChunk> chunks)
    {
        // Theirs are flat. What is not could not be sent back, and lies deeper in a chunk than a reader of JSON may take.
        if (!BlockDepth.IsFlat(block)) return;
        TellBlocks("thinking_blocks", block, chunks);
        if (_thoughts.WrittenCount > KeptThoughts.LongestBytes) return;
        if (_thoughts.WrittenCount > 0) _thoughts.Write(","u8);
        _thoughts.Write(block);
    }

    private void TellBlocks(string field, ReadOnlySpan<byte> block, List<UpstreamChunk> chunks)
    {
        var chunk = _writer.Open();
        chunk.Write(JsonText.Quote(field));
        chunk.Write(":["u8);
        chunk.Write(block);
        chunk.Write("]"u8);
        chunks.Add(_writer.Close(null, 0));
    }

    /// <summary>Where the words before it are from; LiteLLM's field.</summary>
    private void TellCitation(ReadOnlySpan<byte> citation, List<UpstreamChunk> chunks)
    {
        if (!BlockDepth.IsShallow(citation) || JsonText.HasHalfName(citation)) return;
        _citations?.Add(citation);
        var chunk = _writer.Open();
        chunk.Write("\"provider_specific_fields\":{\"citation\":"u8);
        chunk.Write(citation);
        chunk.Write("}"u8);
        chunks.Add(_writer.Close(null, 0));
    }

    /// <summary>The prompt's tokens, which Anthropic's clients are told with the begin of the message.</summary>
    private ReadOnlySpan<byte> Begun()
    {
        if (_usage.Input is not { } input) return default;
        var (written, read) = (_usage.CacheWritten ?? 0, _usage.CacheRead ?? 0);
        // Servers that only speak like Anthropic begin with nothing and count at the end.
        if (input + written + read <= 0) return default;
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$$""","anthropic_usage":{"prompt_tokens":{{{input + written + read}}},"cache_creation_input_tokens":{{{written}}},"cache_read_input_tokens":{{{read}}}}"""));
    }

    private string Reason(string stopReason) => stopReason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "length",
        "tool_use" => _calls > 0 ? "tool_calls" : "stop",
        "refusal" => "content_filter",
        _ => "stop",
    };

    /// <summary>
    /// What OpenAI's reason does not tell: the sequence that was met, under vLLM's name, and reasons that OpenAI has no word for, under
    /// OpenRouter's.
    /// </summary>
    private static byte[] Besides(string stopReason, ReadOnlySpan<byte> sequence) => stopReason switch
    {
        "stop_sequence" when !sequence.IsEmpty => [.. ",\"stop_reason\":"u8, .. sequence],
        "pause_turn" or "compaction" or "model_context_window_exceeded" => [.. ",\"native_finish_reason\":"u8, .. JsonText.Quote(stopReason)],
        _ => [],
    };

    private static bool Has(Range range) => range.End.Value > 0;

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent an event that is not what Anthropic sends.");
}
