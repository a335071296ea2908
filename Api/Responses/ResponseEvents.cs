using System.Buffers;
using System.Text.Json;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Responses;

/// <param name="number">The event's <c>sequence_number</c>.</param>
internal delegate void ResponseEventSink(long number, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json);

/// <summary>
/// The typed events of one streamed response, numbered from 0 without a gap. The same chunks make the same events, so a stream can be told again
/// from any number.
/// </summary>
internal sealed class ResponseEvents : IOutputListener, IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly ResponseHead _head;
    private readonly ResponseEventSink _sink;
    private readonly Output _output;
    private readonly Utf8JsonWriter _json;
    private long _number;

    public ResponseEvents(ResponseHead head, ResponseEventSink sink)
    {
        (_head, _sink) = (head, sink);
        _output = new Output(head, this);
        _json = new Utf8JsonWriter(_buffer, ResponseJson.Relaxed);
    }

    /// <summary>The client is told the id. One in the background waits from here on.</summary>
    public void Created()
    {
        Told("response.created"u8, _head.Background ? "queued" : "in_progress");
        if (_head.Background) Told("response.queued"u8, "queued");
    }

    public void Started() => Told("response.in_progress"u8, "in_progress");

    public void Chunk(ReadOnlySpan<byte> json) => _output.Add(json);

    public void Completed(InferenceCompleted completed)
    {
        _output.End(completed);
        if (_output.LacksSummary)
        {
            Told("response.failed"u8, "failed", Compaction.NoSummary);
            return;
        }

        Told(_output.IncompleteReason is null ? "response.completed"u8 : "response.incomplete"u8, _output.Status);
    }

    public void Failed(Failure failure)
    {
        _output.End(completed: null);
        var isCancelled = failure.Kind == FailureKind.Cancelled;
        Told("response.failed"u8, isCancelled ? "cancelled" : "failed", isCancelled ? null : failure);
    }

    /// <summary>No more comes, and how the response ends is not known here.</summary>
    public void BrokenOff(Failure failure)
    {
        var error = ApiError.From(failure);
        Begin("error"u8);
        _json.WriteString("code", error.Code ?? error.Type);
        _json.WriteString("message", error.Message);
        _json.WriteString("param", error.Param);
        End("error"u8);
    }

    public void Opened(OutputItem item) => TellItem("response.output_item.added"u8, item);

    public void Closed(OutputItem item)
    {
        if (item.Kind is ItemKind.FunctionCall) TellWhole("response.function_call_arguments.done"u8, item, "arguments", item.Arguments.ToString());
        if (item.Kind is ItemKind.CustomCall) TellInput(item);
        TellItem("response.output_item.done"u8, item);
    }

    public void Opened(OutputItem item, OutputPart part) =>
        TellPart(part.Type == PartType.Summary ? "response.reasoning_summary_part.added"u8 : "response.content_part.added"u8, item, part);

    public void Grew(OutputItem item, OutputPart part, string delta)
    {
        var name = part.Type switch
        {
            PartType.Text => "response.output_text.delta"u8,
            PartType.Refusal => "response.refusal.delta"u8,
            PartType.Reasoning => "response.reasoning_text.delta"u8,
            _ => "response.reasoning_summary_text.delta"u8,
        };
        BeginPart(name, item, part);
        _json.WriteString("delta", delta);
        if (part.Type == PartType.Text) WriteNoLogprobs();
        End(name);
    }

    public void Grew(OutputItem call, string arguments)
    {
        Begin("response.function_call_arguments.delta"u8);
        WritePlace(call);
        _json.WriteString("delta", arguments);
        End("response.function_call_arguments.delta"u8);
    }

    public void Annotated(OutputItem item, OutputPart part, byte[] annotation)
    {
        BeginPart("response.output_text.annotation.added"u8, item, part);
        _json.WriteNumber("annotation_index", part.Annotations.Count - 1);
        _json.WritePropertyName("annotation");
        _json.WriteRawValue(annotation);
        End("response.output_text.annotation.added"u8);
    }

    public void Closed(OutputItem item, OutputPart part)
    {
        var name = part.Type switch
        {
            PartType.Text => "response.output_text.done"u8,
            PartType.Refusal => "response.refusal.done"u8,
            PartType.Reasoning => "response.reasoning_text.done"u8,
            _ => "response.reasoning_summary_text.done"u8,
        };
        BeginPart(name, item, part);
        _json.WriteString(part.Type == PartType.Refusal ? "refusal"u8 : "text"u8, part.Text.ToString());
        if (part.Type == PartType.Text) WriteNoLogprobs();
        End(name);
        TellPart(part.Type == PartType.Summary ? "response.reasoning_summary_part.done"u8 : "response.content_part.done"u8, item, part);
    }

    public void Dispose() => _json.Dispose();

    private void Told(ReadOnlySpan<byte> name, string status, Failure? failure = null)
    {
        Begin(name);
        _json.WritePropertyName("response");
        ResponseJson.Write(_json, _head, status, _output, failure);
        End(name);
    }

    private void TellItem(ReadOnlySpan<byte> name, OutputItem item)
    {
        Begin(name);
        _json.WriteNumber("output_index", item.Index);
        _json.WritePropertyName("item");
        item.WriteTo(_json);
        End(name);
    }

    private void TellPart(ReadOnlySpan<byte> name, OutputItem item, OutputPart part)
    {
        BeginPart(name, item, part);
        _json.WritePropertyName("part");
        part.WriteTo(_json);
        End(name);
    }

    private void TellWhole(ReadOnlySpan<byte> name, OutputItem call, string field, string value)
    {
        Begin(name);
        WritePlace(call);
        if (call.Kind == ItemKind.FunctionCall) _json.WriteString("name", call.Name);
        _json.WriteString(field, value);
        End(name);
    }

    /// <summary>The text is within JSON that comes in pieces: it is told when that is whole.</summary>
    private void TellInput(OutputItem call)
    {
        var input = CustomTools.ToInput(call.Arguments.ToString());
        TellWhole("response.custom_tool_call_input.delta"u8, call, "delta", input);
        TellWhole("response.custom_tool_call_input.done"u8, call, "input", input);
    }

    private void BeginPart(ReadOnlySpan<byte> name, OutputItem item, OutputPart part)
    {
        Begin(name);
        WritePlace(item);
        _json.WriteNumber(part.Type == PartType.Summary ? "summary_index"u8 : "content_index"u8, part.Index);
    }

    private void WritePlace(OutputItem item)
    {
        _json.WriteString("item_id", item.Id);
        _json.WriteNumber("output_index", item.Index);
    }

    private void WriteNoLogprobs()
    {
        _json.WriteStartArray("logprobs");
        _json.WriteEndArray();
    }

    private void Begin(ReadOnlySpan<byte> name)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("type"u8, name);
        _json.WriteNumber("sequence_number", _number);
    }

    private void End(ReadOnlySpan<byte> name)
    {
        _json.WriteEndObject();
        _json.Flush();
        _sink(_number++, name, _buffer.WrittenSpan);
    }
}
