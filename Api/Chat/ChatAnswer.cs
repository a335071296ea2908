using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>Turns the events of one inference into one HTTP answer.</summary>
internal sealed class ChatAnswer(HttpContext context, string requestedModel, long received, TimeProvider time, TimeSpan stallTimeout)
{
    /// <summary>The inference told its end: there is nothing to cancel.</summary>
    public bool Ended { get; private set; }

    /// <summary>The client has been shown some of the answer: from here on nothing can be started over.</summary>
    public bool Started { get; private set; }

    private SseAnswer? _sse;

    /// <param name="streamId">What the client can resume its stream by; null: it cannot.</param>
    public async Task WriteAsync(IAsyncEnumerator<InferenceEvent> events, bool stream, string? streamId)
    {
        // The first event decides the status: an early failure is an ordinary JSON error.
        switch (await FirstAsync(events))
        {
            case InferenceFailed failed:
                await DrainAsync(events);
                await BreakOffAsync(failed.Failure);
                return;
            // A client that was told its place has its headers already.
            case InferenceStarted when context.Response.HasStarted:
                Started = true;
                break;
            case InferenceStarted started:
                Started = stream;
                AnswerHeaders.Write(context, requestedModel, started, time.GetElapsedTime(received));
                break;
            case var unexpected:
                throw new InvalidOperationException($"An inference began with {unexpected?.GetType().Name ?? "nothing"}.");
        }

        if (stream) await StreamAsync(events, streamId);
        else await WriteWholeAsync(events);
    }

    /// <summary>Tells the client that no more will come: as an ordinary error, or as the last event of its stream.</summary>
    public async Task BreakOffAsync(Failure failure)
    {
        if (_sse is null)
        {
            await ErrorWriter.WriteAsync(context, ApiError.From(failure));
            return;
        }

        await _sse.BreakOffAsync(failure);
    }

    private async Task WriteWholeAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        ReadOnlyMemory<byte> body = default;
        while (await NextAsync(events) is { } next)
        {
            switch (next)
            {
                case WholeAnswer whole:
                    body = whole.Json;
                    break;
                case InferenceFailed failed:
                    await ErrorWriter.WriteAsync(context, ApiError.From(failed.Failure));
                    return;
            }
        }

        if (!Ended) throw new InvalidOperationException("An inference ended without saying how.");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task StreamAsync(IAsyncEnumerator<InferenceEvent> events, string? streamId)
    {
        if (streamId is not null) context.Response.Headers[AnswerHeaders.StreamId] = streamId;
        var sse = OpenStream(streamId is null ? null : 1);
        try
        {
            await sse.WriteAsync(events);
        }
        finally
        {
            Ended = sse.Ended;
        }
    }

    /// <summary>The first event but for news of the queue, which the client is told at once.</summary>
    private async Task<InferenceEvent?> FirstAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        while (true)
        {
            var next = await NextAsync(events);
            if (next is not InferenceQueued place) return next;
            await OpenStream(firstId: null).WriteQueuedAsync(place);
        }
    }

    private SseAnswer OpenStream(long? firstId)
    {
        if (_sse is not null) return _sse;
        _sse = new SseAnswer(new SseWriter(context, time, stallTimeout), firstId);
        _sse.Start();
        return _sse;
    }

    /// <summary>Read to the end, so that the iterator finishes by itself; also what remembers that the end was seen.</summary>
    private async Task DrainAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        while (await NextAsync(events) is not null)
        {
        }
    }

    private async ValueTask<InferenceEvent?> NextAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        if (!await events.MoveNextAsync()) return null;
        if (events.Current is InferenceCompleted or InferenceFailed) Ended = true;
        return events.Current;
    }
}
