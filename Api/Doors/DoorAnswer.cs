using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>Turns the events of one inference into one HTTP answer.</summary>
internal sealed class DoorAnswer(HttpContext context, IDoor door, InferenceRequest request, IReadOnlyList<string> dropped, long received, TimeProvider time, TimeSpan stallTimeout)
{
    /// <summary>The inference told its end: there is nothing to cancel.</summary>
    public bool Ended { get; private set; }

    /// <summary>The client has been shown some of the answer: from here on nothing can be started over.</summary>
    public bool Started { get; private set; }

    /// <summary>What a stream ended with, under the status with which it began; null: with nothing of the kind.</summary>
    public Failure? Failure => _streamed?.Failure;

    private StreamedAnswer? _streamed;
    private IAnswerForm? _form;

    /// <param name="streamId">What the client can resume its stream by; null: it cannot.</param>
    public async Task WriteAsync(IAsyncEnumerator<InferenceEvent> events, string? streamId)
    {
        InferenceStarted? started = null;
        // The first event decides the status: an early failure is an ordinary JSON error.
        switch (await FirstAsync(events))
        {
            case InferenceFailed failed:
                await DrainAsync(events);
                if (request.Stream && door.TellsInStream(context, failed.Failure)) OpenStream(streamId: null);
                if (_streamed is null) await BreakOffAsync(failed.Failure);
                else await _streamed.FailAsync(failed.Failure);
                return;
            // A client that was told its place has its headers already.
            case InferenceStarted late when context.Response.HasStarted:
                started = late;
                Started = true;
                Form(streamId: null).Began(late);
                break;
            case InferenceStarted first:
                started = first;
                Started = request.Stream;
                AnswerHeaders.Write(context, request.Model, first, dropped, time.GetElapsedTime(received));
                Form(streamId).Began(first);
                break;
            case var unexpected:
                throw new InvalidOperationException($"An inference began with {unexpected?.GetType().Name ?? "nothing"}.");
        }

        if (request.Stream) await StreamAsync(events, started, streamId);
        else await WriteWholeAsync(events);
    }

    /// <summary>Tells the client that no more will come: as an ordinary error, or as the last event of its stream.</summary>
    public async Task BreakOffAsync(Failure failure)
    {
        if (_streamed is null)
        {
            await ErrorWriter.WriteAsync(context, ApiError.From(failure));
            return;
        }

        await _streamed.BreakOffAsync(failure);
    }

    private async Task WriteWholeAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        ReadOnlyMemory<byte> body = default;
        InferenceCompleted? completed = null;
        while (await NextAsync(events) is { } next)
        {
            switch (next)
            {
                case WholeAnswer whole:
                    body = whole.Json;
                    break;
                case InferenceCompleted end:
                    completed = end;
                    break;
                case InferenceFailed failed:
                    await ErrorWriter.WriteAsync(context, ApiError.From(failed.Failure));
                    return;
            }
        }

        if (completed is null) throw new InvalidOperationException("An inference ended without saying how.");
        body = await Form(streamId: null).WholeAsync(body, completed);
        context.Response.ContentType = "application/json";
        await new AnswerPipe(context, time, stallTimeout).WriteWholeAsync(body);
    }

    private async Task StreamAsync(IAsyncEnumerator<InferenceEvent> events, InferenceStarted? started, string? streamId)
    {
        if (streamId is not null) context.Response.Headers[AnswerHeaders.StreamId] = streamId;
        var streamed = OpenStream(streamId);
        try
        {
            await streamed.WriteAsync(events, started);
        }
        finally
        {
            Ended = streamed.Ended;
        }
    }

    /// <summary>The first event but for news of the queue, which the client is told at once.</summary>
    private async Task<InferenceEvent?> FirstAsync(IAsyncEnumerator<InferenceEvent> events)
    {
        while (true)
        {
            var next = await NextAsync(events);
            if (next is not InferenceQueued place) return next;
            await OpenStream(streamId: null).WriteQueuedAsync(place);
        }
    }

    private StreamedAnswer OpenStream(string? streamId)
    {
        if (_streamed is not null) return _streamed;
        _streamed = new StreamedAnswer(new AnswerPipe(context, time, stallTimeout), Form(streamId));
        _streamed.Start();
        return _streamed;
    }

    private IAnswerForm Form(string? streamId) => _form ??= door.Answer(context, request, streamId);

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
