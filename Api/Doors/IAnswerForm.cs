using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// How one door says one answer: OpenAI's chunks in, its own wire out. One instance for each request; it keeps what it has said so far.
/// Whatever it writes into the pipe is sent with what else is ready; flushing is not its business.
/// </summary>
internal interface IAnswerForm
{
    /// <summary>Of a streamed answer.</summary>
    string StreamType { get; }

    /// <summary>
    /// A backend has begun to answer; before everything but <see cref="Queued"/>, streamed or not. Headers can still be written unless the client was told its place.
    /// </summary>
    void Began(InferenceStarted started)
    {
    }

    /// <summary>The request still waits for a slot. Before everything else, any number of times.</summary>
    void Queued(AnswerPipe pipe, InferenceQueued place);

    /// <summary>Once, before the first chunk of a streamed answer.</summary>
    void Started(AnswerPipe pipe, InferenceStarted started);

    /// <param name="json">A chunk of OpenAI's, as the kind of the request has them.</param>
    void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json);

    /// <summary>The end of a complete streamed answer.</summary>
    ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed);

    /// <summary>The end of a streamed answer that failed.</summary>
    void Failed(AnswerPipe pipe, Failure failure);

    /// <summary>No more comes of a streamed answer whose end is not known: contact with it was lost.</summary>
    void BrokenOff(AnswerPipe pipe, Failure failure) => Failed(pipe, failure);

    /// <summary>An answer that is not streamed: from OpenAI's object to what the client is sent as <c>application/json</c>.</summary>
    ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed);
}
