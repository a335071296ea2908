using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Responses;

/// <summary>Retells the events of a response as OpenAI's chunks of a chat. Strings are copied with their escapes, never decoded.</summary>
internal sealed class ResponsesToOpenAi : IAnswer, IReporting
{
    private readonly UpstreamRequest _request;
    private readonly UpstreamReport _report;
    private readonly ChunkWriter _writer;
    private readonly ResponsesCalls _calls;
    private ResponsesUsage? _usage;
    private (int Item, int Part)? _thought;
    private long _characters;

    /// <summary>A message of a chat has one text: where in it the part begins that is told now.</summary>
    private ((int Item, int Part) Place, long Begin) _textPart = ((-1, -1), 0);

    private bool _told, _finished;

    public ResponsesToOpenAi(UpstreamRequest request, UpstreamReport report)
    {
        (_request, _report) = (request, report);
        _writer = new ChunkWriter(request);
        _calls = new ResponsesCalls(request, _writer);
    }

    public Framing Framing => Framing.Events;

    public bool IsComplete => _finished;

    public bool CanEnd => _finished;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        frame = frame.Trim(" \t\r\n"u8);
        if (_finished || frame.IsEmpty || frame.SequenceEqual("[DONE]"u8)) return;
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            var found = ResponsesEvent.Read(frame);
            if (found.HasError || found.Type.SequenceEqual("error"u8)) throw UpstreamErrors.FromEvent(frame, _request);
            Tell(frame, found, chunks);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_finished) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without the end of its response.");
        Report();
        if (_report.Usage is { } usage) _writer.Usage(chunks, usage, _usage?.Details ?? "");
    }

    public void Report() => _report.Usage ??= _usage is { } told
        ? new UpstreamUsage(told.Input, told.Output, told.Total, Estimated: false) { CacheRead = told.Cached, CacheWritten = told.Written }
        : _writer.Estimate;

    private void Tell(ReadOnlySpan<byte> frame, ResponsesEvent found, List<UpstreamChunk> chunks)
    {
        var type = found.Type;
        if (type.SequenceEqual("response.output_text.delta"u8)) TellContent(chunks, (found.OutputIndex, found.PartIndex), frame[found.Delta]);
        else if (type.SequenceEqual("response.function_call_arguments.delta"u8) || type.SequenceEqual("response.custom_tool_call_input.delta"u8)) _calls.Go(chunks, found.OutputIndex, frame[found.Delta]);
        else if (type.SequenceEqual("response.reasoning_summary_text.delta"u8) || type.SequenceEqual("response.reasoning_text.delta"u8)) TellThought(chunks, (found.OutputIndex, found.PartIndex), frame[found.Delta]);
        else if (type.SequenceEqual("response.refusal.delta"u8)) TellText(chunks, "refusal", frame[found.Delta]);
        else if (type.SequenceEqual("response.output_item.added"u8)) BeginItem(frame, found, chunks);
        else if (type.SequenceEqual("response.output_item.done"u8)) EndItem(frame, found, chunks);
        else if (type.SequenceEqual("response.function_call_arguments.done"u8)) _calls.Complete(chunks, found.OutputIndex, frame[found.Arguments]);
        else if (type.SequenceEqual("response.custom_tool_call_input.done"u8)) _calls.Complete(chunks, found.OutputIndex, frame[found.Input]);
        else if (type.SequenceEqual("response.output_text.annotation.added"u8)) TellAnnotation(chunks, frame[found.Annotation]);
        else if (type.SequenceEqual("response.created"u8)) _writer.Role(chunks);
        else if (type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8)) Finish(frame[found.Response], chunks);
        else if (type.SequenceEqual("response.failed"u8) || type.SequenceEqual("response.cancelled"u8)) throw Failed(frame[found.Response]);
    }

    private void TellText(List<UpstreamChunk> chunks, string field, ReadOnlySpan<byte> literal)
    {
        if (!Begin(chunks, literal)) return;
        _writer.Text(chunks, field, literal);
    }

    private void TellContent(List<UpstreamChunk> chunks, (int, int) part, ReadOnlySpan<byte> literal)
    {
        if (_textPart.Place != part) _textPart = (part, _characters);
        _characters += Citations.CharactersIn(literal);
        TellText(chunks, "content", literal);
    }

    /// <summary>Parts of a summary are paragraphs.</summary>
    private void TellThought(List<UpstreamChunk> chunks, (int, int) part, ReadOnlySpan<byte> literal)
    {
        if (!Begin(chunks, literal)) return;
        if (_thought is { } before && before != part) _writer.Text(chunks, "reasoning_content", "\"\\n\\n\""u8);
        _thought = part;
        _writer.Text(chunks, "reasoning_content", literal);
    }

    /// <returns>Whether there is something to tell.</returns>
    private bool Begin(List<UpstreamChunk> chunks, ReadOnlySpan<byte> literal)
    {
        if (literal.Length <= 2) return false;
        if (!_told) _writer.Role(chunks);
        _told = true;
        return true;
    }

    private void BeginItem(ReadOnlySpan<byte> frame, ResponsesEvent found, List<UpstreamChunk> chunks)
    {
        _writer.Role(chunks);
        if (!IsCall(found)) return;
        _told = true;
        _calls.Begin(chunks, found.OutputIndex, IsCustom(found), found.CallId, found.Name, frame[WordsOf(found)]);
    }

    private void EndItem(ReadOnlySpan<byte> frame, ResponsesEvent found, List<UpstreamChunk> chunks)
    {
        if (!IsCall(found)) return;
        // Some servers tell of it here only.
        BeginItem(frame, found, chunks);
        _calls.Complete(chunks, found.OutputIndex, frame[WordsOf(found)]);
        _calls.End(chunks, found.OutputIndex);
    }

    private static bool IsCall(ResponsesEvent found) => IsCustom(found) || found.ItemType.SequenceEqual("function_call"u8);

    private static bool IsCustom(ResponsesEvent found) => found.ItemType.SequenceEqual("custom_tool_call"u8);

    private static Range WordsOf(ResponsesEvent found) => IsCustom(found) ? found.ItemInput : found.ItemArguments;

    private void TellAnnotation(List<UpstreamChunk> chunks, ReadOnlySpan<byte> annotation)
    {
        if (annotation.IsEmpty) return;
        using var document = Parse(annotation);
        if (ResponsesOutput.Citation(document.RootElement, before: _textPart.Begin) is { } citation) _writer.Annotation(chunks, citation);
    }

    private void Finish(ReadOnlySpan<byte> json, List<UpstreamChunk> chunks)
    {
        using var document = Parse(json);
        var response = document.RootElement;
        _writer.Role(chunks);
        // A whole answer, and a stream of a server that tells of the end alone.
        if (!_told) ResponsesOutput.Retell(response, this, chunks);
        _calls.EndAll(chunks);
        _usage = ResponsesUsage.Of(response);
        _finished = true;
        var why = response.TryGetProperty("incomplete_details", out var details) ? ChatMessage.String(details, "reason") : null;
        var isKnown = why is null or "max_output_tokens" or "content_filter";
        _writer.Finish(chunks, Reason(why), more: isKnown ? default : [.. ",\"native_finish_reason\":"u8, .. JsonText.Quote(why!)]);
    }

    private string Reason(string? why) => why switch
    {
        "max_output_tokens" => "length",
        "content_filter" => "content_filter",
        _ => _calls.Count > 0 ? "tool_calls" : "stop",
    };

    private UpstreamException Failed(ReadOnlySpan<byte> json)
    {
        using var document = Parse(json);
        return document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
            ? UpstreamErrors.FromEvent([.. "{\"error\":"u8, .. System.Text.Encoding.UTF8.GetBytes(error.GetRawText()), (byte)'}'], _request)
            : UpstreamException.Of(FailureKind.ErrorEvent, "The upstream's response failed, and it does not say why.");
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> json)
    {
        var document = JsonDocument.Parse(json.ToArray(), NestedJson.Document);
        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new JsonException();
    }

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent an event that is not what the Responses API sends.");
}
