using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary>An answer as Anthropic's message, or as its events: <c>message_start</c>, blocks, <c>message_delta</c>, <c>message_stop</c>.</summary>
internal sealed class AnthropicForm(HttpContext context, InferenceRequest request, AskedOfClaude asked, TimeProvider time) : IAnswerForm
{
    private readonly JsonBuffer _json = new();
    private readonly ToolCallPieces _pieces = new();
    private AnthropicBlocks? _blocks;
    private string? _finish;
    private string? _stop;
    private string? _native;
    private OpenAiUsage? _usage;
    private OwnMembers? _end;

    public string StreamType => "text/event-stream; charset=utf-8";

    public void Began(InferenceStarted started)
    {
        if (!context.Response.HasStarted) AnthropicLimits.Write(context.Response.Headers, started.Limits, time.GetUtcNow());
    }

    public void Queued(AnswerPipe pipe, InferenceQueued place)
    {
        _json.Begin("{\"type\":\"ping\",\"queue_position\":"u8).Add(place.Position);
        if (place.Estimate is { } estimate) _json.Add(",\"eta_seconds\":"u8).Add((long)Math.Ceiling(estimate.TotalSeconds));
        pipe.WriteEvent("ping"u8, _json.Add("}"u8).Written);
    }

    public void Started(AnswerPipe pipe, InferenceStarted started)
    {
    }

    public void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json)
    {
        var chunk = OpenAiChunk.Read(json);
        var blocks = Blocks(pipe, chunk.Model, OpenAiUsage.Read(chunk.BeginUsage), chunk.OwnStart);
        if (!chunk.Thinking.IsEmpty) blocks.Thinking(chunk.Thinking);
        if (!chunk.ThinkingBlocks.IsEmpty) AnthropicThoughts.Read(chunk.ThinkingBlocks, blocks);
        if (!chunk.Text.IsEmpty) blocks.Text(chunk.Text);
        if (!chunk.Citation.IsEmpty) blocks.Citation(chunk.Citation);
        if (!chunk.OwnBlock.IsEmpty) blocks.Own(chunk.OwnBlock);
        if (!chunk.Refusal.IsEmpty) blocks.Text(chunk.Refusal);
        if (!chunk.ToolCalls.IsEmpty)
        {
            foreach (var piece in _pieces.Read(chunk.ToolCalls)) blocks.Call(piece);
        }

        _usage = OpenAiUsage.Read(chunk.Usage) ?? _usage;
        if (!chunk.FinishReason.IsEmpty) _finish = StopReasons.Text(chunk.FinishReason);
        if (!chunk.StopSequence.IsEmpty) _stop = StopReasons.Text(chunk.StopSequence);
        if (!chunk.OwnEnd.IsEmpty) _end = OwnMembers.Read(chunk.OwnEnd);
        if (!chunk.NativeReason.IsEmpty) _native = StopReasons.Text(chunk.NativeReason);
    }

    public ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed)
    {
        var blocks = Blocks(pipe, default, null, default);
        blocks.Finish();
        var (reason, sequence) = StopReasons.Of(_finish, _stop, _native, asked.Stops, blocks.HasCalls);
        var own = _end ?? OwnMembers.Read(default);
        _json.Begin("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"u8).Add(reason).Add(",\"stop_sequence\":"u8).Add(sequence).Add(own.OfDelta).Add("},\"usage\":"u8);
        AnthropicUsage.Of(_usage, completed).WriteTo(_json, own.OfUsage);
        pipe.WriteEvent("message_delta"u8, _json.Add(own.OfMessage).Add("}"u8).Written);
        pipe.WriteEvent("message_stop"u8, "{\"type\":\"message_stop\"}"u8);
        return ValueTask.CompletedTask;
    }

    public void Failed(AnswerPipe pipe, Failure failure) => pipe.WriteEvent("error"u8, AnthropicErrors.Instance.ToJson(ApiError.From(failure), context).Span);

    public ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed) =>
        ValueTask.FromResult(OpenAiToAnthropic.Message(json, IdOf(context), asked, completed));

    private static string IdOf(HttpContext context) =>
        string.Create(CultureInfo.InvariantCulture, $"msg_{context.TraceIdentifier[(context.TraceIdentifier.IndexOf('_', StringComparison.Ordinal) + 1)..]}");

    /// <summary>With the first of them the message begins.</summary>
    /// <param name="model">A JSON string; empty: the chunk does not say.</param>
    /// <param name="told">What the backend has said of the prompt.</param>
    /// <param name="start">What Anthropic's models say of the message besides; empty: nothing.</param>
    private AnthropicBlocks Blocks(AnswerPipe pipe, ReadOnlySpan<byte> model, OpenAiUsage? told, ReadOnlySpan<byte> start)
    {
        if (_blocks is not null) return _blocks;
        var own = OwnMembers.Read(start);
        _json.Begin("{\"type\":\"message_start\",\"message\":{\"id\":"u8).Add(IdOf(context)).Add(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        if (model.IsEmpty) _json.Add(request.Model);
        else _json.Add(model);
        _json.Add(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null"u8).Add(own.OfMessage).Add(",\"usage\":"u8);
        // All but Anthropic's models tell at the end: until then it is an estimate.
        AnthropicUsage.AtBegin(told, request.PromptEstimate).WriteTo(_json, own.OfUsage);
        pipe.WriteEvent("message_start"u8, _json.Add("}}"u8).Written);
        return _blocks = new AnthropicBlocks((name, data) => pipe.WriteEvent(name, data), asked);
    }
}
