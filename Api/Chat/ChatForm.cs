using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>OpenAI's own wire: the chunks are the events, and the whole answer the body.</summary>
/// <param name="firstId">The <c>id</c> of the first event; null: events have none, as OpenAI's.</param>
internal sealed class ChatForm(long? firstId) : IAnswerForm
{
    private long? _id = firstId;

    public string StreamType => "text/event-stream; charset=utf-8";

    public void Queued(AnswerPipe pipe, InferenceQueued place) => pipe.WriteComment(QueueComment.For(place));

    public void Started(AnswerPipe pipe, InferenceStarted started)
    {
    }

    public void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json) => pipe.WriteEvent(json, _id++);

    public ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed)
    {
        pipe.WriteEvent("[DONE]"u8, _id++);
        return ValueTask.CompletedTask;
    }

    /// <summary>That a reader has fallen behind is no event of the answer: it has no number there.</summary>
    public void Failed(AnswerPipe pipe, Failure failure) => Write(pipe, failure, failure.Kind == FailureKind.StreamLogFull ? null : _id++);

    /// <summary>Not an event of the answer either, which may still go on elsewhere.</summary>
    public void BrokenOff(AnswerPipe pipe, Failure failure) => Write(pipe, failure, id: null);

    public ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed) => ValueTask.FromResult(json);

    private static void Write(AnswerPipe pipe, Failure failure, long? id) => pipe.WriteEvent(ErrorWriter.ToJson(ApiError.From(failure)).Span, id);
}
