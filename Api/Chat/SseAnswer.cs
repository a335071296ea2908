using System.Globalization;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>Writes the events of one inference as server-sent events, as they come.</summary>
/// <param name="firstId">The <c>id</c> of the first event; null: events have none, as OpenAI's.</param>
internal sealed class SseAnswer(SseWriter sse, long? firstId)
{
    private long? _id = firstId;

    /// <summary>The inference told its end.</summary>
    public bool Ended { get; private set; }

    public void Start() => sse.Start();

    /// <summary>The place of a request that still waits.</summary>
    public ValueTask WriteQueuedAsync(InferenceQueued place)
    {
        var eta = place.Estimate is { } estimate ? string.Create(CultureInfo.InvariantCulture, $" eta={Math.Ceiling(estimate.TotalSeconds)}s") : "";
        return sse.WriteCommentAsync(string.Create(CultureInfo.InvariantCulture, $"queued position={place.Position}{eta}"));
    }

    public async Task WriteAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        var pending = events.MoveNextAsync();
        while (true)
        {
            // What is ready together goes out together, and nothing that is ready waits for what is not.
            if (!pending.IsCompleted) await sse.FlushAsync();
            if (!await pending) break;
            switch (events.Current)
            {
                case TokenChunk chunk:
                    await sse.WriteAsync(chunk.Json, _id++);
                    break;
                case InferenceCompleted:
                    Ended = true;
                    sse.WriteDone(_id++);
                    break;
                case InferenceFailed failed:
                    Ended = true;
                    // That this reader has fallen behind is no event of the answer: it has no number there.
                    await sse.WriteAsync(ErrorWriter.ToJson(ApiError.From(failed.Failure)), failed.Failure.Kind == FailureKind.StreamLogFull ? null : _id++);
                    break;
            }

            pending = events.MoveNextAsync();
        }

        await sse.FlushAsync();
    }

    /// <summary>Tells the client that no more will come. Not an event of the answer either, which may still go on elsewhere.</summary>
    public async Task BreakOffAsync(Failure failure)
    {
        await sse.WriteAsync(ErrorWriter.ToJson(ApiError.From(failure)), id: null);
        await sse.FlushAsync();
    }
}
