using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>Turns the events of one inference into one HTTP answer.</summary>
internal sealed class ChatAnswer(HttpContext context, string requestedModel, long received, TimeProvider time, TimeSpan stallTimeout)
{
    /// <summary>The inference told its end: there is nothing to cancel.</summary>
    public bool Ended { get; private set; }

    /// <summary>The client has been shown something: from here on nothing can be started over.</summary>
    public bool Started => context.Response.HasStarted || _sse is not null;

    private SseAnswer? _sse;

    /// <param name="streamId">What the client can resume its stream by; null: it cannot.</param>
    public async Task WriteAsync(IAsyncEnumerator<InferenceEvent> events, bool stream, string? streamId)
    {
        // The first event decides the status: an early failure is an ordinary JSON error.
        switch (await NextAsync(events))
        {
            case InferenceFailed failed:
                await DrainAsync(events);
                await ErrorWriter.WriteAsync(context, ApiError.From(failed.Failure));
                return;
            case InferenceStarted started:
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
        _sse = new SseAnswer(new SseWriter(context, time, stallTimeout), streamId is null ? null : 1);
        _sse.Start();
        try
        {
            await _sse.WriteAsync(events);
        }
        finally
        {
            Ended = _sse.Ended;
        }
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
