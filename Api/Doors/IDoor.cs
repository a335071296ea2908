using Microsoft.AspNetCore.Http;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>One client API by which a model is asked: its requests are read as OpenAI's, and the answers said in its own form.</summary>
internal interface IDoor
{
    InferenceKind Kind { get; }

    /// <summary>Whether <c>x-resumable</c> means anything here: the events have to be the chunks themselves.</summary>
    bool MayResume { get; }

    /// <summary>Whether its answers have a place for what the model thinks: then it is never told in the text.</summary>
    bool TellsThoughts => false;

    /// <summary>Whether its streams have a word for a request that still waits.</summary>
    bool TellsQueue => true;

    /// <summary>Whether its client hears of a failure before the first token only as the end of a stream that it has asked for, not as a status.</summary>
    bool TellsInStream(HttpContext context, Failure failure) => false;

    /// <exception cref="Errors.RequestException">The request is at fault.</exception>
    DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body);

    /// <param name="streamId">What the client can resume its stream by; null: it cannot.</param>
    IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId);
}
