using System.Collections.Frozen;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers;

/// <summary>One upstream API: how a request is said in it and how its answer is read.</summary>
internal interface IDialect
{
    UpstreamWire Wire { get; }

    /// <summary>Fetches what a call needs besides the request itself, such as an access token; it is awaited within the call's deadlines.</summary>
    /// <exception cref="UpstreamException">It cannot be had.</exception>
    ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) => new(request);

    /// <exception cref="UpstreamException">The request cannot be said in this dialect: the caller's fault.</exception>
    OutgoingRequest Say(UpstreamRequest request, UpstreamReport report);

    /// <summary>How to read a successful response of this content type (lower case, without parameters; empty if it had none); null if
    /// not at all.</summary>
    IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report);

    /// <summary>A refusal, where the service's headers or names say more of it than others do.</summary>
    UpstreamFailure Understand(UpstreamFailure refused, HttpResponseMessage response) => refused;

    /// <summary>The caller left, or the time was up, before the first byte of the response.</summary>
    void GoneBeforeFirstByte(UpstreamRequest request, OutgoingRequest outgoing)
    {
    }
}

/// <summary>A request on its way: where to and what.</summary>
internal sealed record OutgoingRequest(Uri Address, ReadOnlyMemory<byte> Body, string Accept)
{
    /// <summary>The body that loads the model without an inference, if the dialect has such a thing.</summary>
    public ReadOnlyMemory<byte> WarmUp { get; init; }

    /// <summary>The header that carries the key as it is; null: Authorization, as a bearer token.</summary>
    public string? KeyHeader { get; init; }

    /// <summary>Further headers of the dialect; configured ones win over them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;
}

/// <summary>Reads one answer, frame by frame.</summary>
internal interface IAnswer
{
    Framing Framing { get; }

    /// <summary>The most bytes of one frame.</summary>
    int MaxFrame => FrameReader.MaxFrame;

    /// <summary>The answer is complete; what the upstream may still send does not matter.</summary>
    bool IsComplete { get; }

    /// <summary>Everything but the formal end has been said: a connection that breaks now takes nothing away.</summary>
    bool CanEnd { get; }

    /// <summary>Turns one frame into chunks, appended to <paramref name="chunks"/>.</summary>
    /// <exception cref="UpstreamException">Garbled, or an error event.</exception>
    void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks);

    /// <summary>The body ended: the chunks that were still missing, or the failure that this is.</summary>
    /// <exception cref="UpstreamException">Truncated.</exception>
    void End(List<UpstreamChunk> chunks);
}
