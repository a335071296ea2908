using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>Writes the events of one inference as they come, in the form of a door.</summary>
internal sealed class StreamedAnswer(AnswerPipe pipe, IAnswerForm form)
{
    /// <summary>The inference told its end.</summary>
    public bool Ended { get; private set; }

    /// <summary>What it ended with; null: with its completion, or not yet.</summary>
    public Failure? Failure { get; private set; }

    public void Start() => pipe.Start(form.StreamType);

    /// <summary>The place of a request that still waits.</summary>
    public ValueTask WriteQueuedAsync(InferenceQueued place)
    {
        form.Queued(pipe, place);
        return pipe.FlushAsync();
    }

    public async Task WriteAsync(IAsyncEnumerator<InferenceEvent> events, InferenceStarted? started)
    {
        if (started is not null) form.Started(pipe, started);
        var pending = events.MoveNextAsync();
        while (true)
        {
            // What is ready together goes out together, and nothing that is ready waits for what is not.
            if (!pending.IsCompleted) await pipe.FlushAsync();
            if (!await pending) break;
            switch (events.Current)
            {
                case TokenChunk chunk:
                    form.Chunk(pipe, chunk.Json.Span);
                    if (pipe.IsFull) await pipe.FlushAsync();
                    break;
                case InferenceCompleted completed:
                    Ended = true;
                    await form.CompletedAsync(pipe, completed);
                    break;
                case InferenceFailed failed:
                    Ended = true;
                    Failure = failed.Failure;
                    form.Failed(pipe, failed.Failure);
                    break;
            }

            pending = events.MoveNextAsync();
        }

        await pipe.FlushAsync();
    }

    /// <summary>Tells the client of a failure before the first token.</summary>
    public async Task FailAsync(Failure failure)
    {
        Failure = failure;
        form.Failed(pipe, failure);
        await pipe.FlushAsync();
    }

    /// <summary>Tells the client that no more will come.</summary>
    public async Task BreakOffAsync(Failure failure)
    {
        Failure = failure;
        form.BrokenOff(pipe, failure);
        await pipe.FlushAsync();
    }
}
