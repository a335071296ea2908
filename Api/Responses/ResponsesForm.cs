using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>An answer as a response: its typed events, or the whole object.</summary>
/// <param name="after">The client has all events up to this number; -1: none.</param>
internal sealed class ResponsesForm(ResponseHead head, long after = -1) : IAnswerForm, IDisposable
{
    private ResponseEvents? _events;
    private AnswerPipe? _pipe;
    private bool _created;

    public ResponsesForm(string id, InferenceRequest request) : this(new ResponseHead(id, NewResponse.Of(request)))
    {
    }

    public string StreamType => "text/event-stream; charset=utf-8";

    public void Queued(AnswerPipe pipe, InferenceQueued place) => pipe.WriteComment(QueueComment.For(place));

    /// <summary>What can be told before the inference has been heard of.</summary>
    public void Created(AnswerPipe pipe)
    {
        if (_created) return;
        _created = true;
        To(pipe).Created();
    }

    public void Started(AnswerPipe pipe, InferenceStarted started)
    {
        Created(pipe);
        To(pipe).Started();
    }

    public void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json) => To(pipe).Chunk(json);

    public ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed)
    {
        To(pipe).Completed(completed);
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Failed(AnswerPipe pipe, Failure failure)
    {
        // That a reader has fallen behind is no end of the response.
        if (failure.Kind == FailureKind.StreamLogFull)
        {
            BrokenOff(pipe, failure);
            return;
        }

        Created(pipe);
        To(pipe).Failed(failure);
        Dispose();
    }

    public void BrokenOff(AnswerPipe pipe, Failure failure)
    {
        Created(pipe);
        To(pipe).BrokenOff(failure);
        Dispose();
    }

    /// <summary>A whole answer, told as if it came at once.</summary>
    public void Replay(AnswerPipe pipe, ReadOnlySpan<byte> completion)
    {
        Created(pipe);
        To(pipe).Started();
        To(pipe).Chunk(completion);
        To(pipe).Completed(ResponseObject.Told);
        Dispose();
    }

    public ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed)
    {
        var output = new Output(head);
        output.Add(json.Span);
        output.End(completed);
        if (output.LacksSummary) throw new RequestException(ApiError.From(Compaction.NoSummary));
        return ValueTask.FromResult(ResponseJson.Of(head, output.Status, output));
    }

    public void Dispose() => _events?.Dispose();

    private ResponseEvents To(AnswerPipe pipe)
    {
        _pipe = pipe;
        return _events ??= new ResponseEvents(head, Send);
    }

    private void Send(long number, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        if (number > after) _pipe!.WriteEvent(name, json);
    }
}
