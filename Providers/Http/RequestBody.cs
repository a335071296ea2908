using System.Net;
using System.Net.Http.Headers;

namespace OrleansLlm.Providers.Http;

/// <summary>A JSON body that tells when it is written, which is when there is a connection.</summary>
internal sealed class RequestBody : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private ReadOnlyMemory<byte> _json;
    private readonly CallClock? _clock;

    public RequestBody(ReadOnlyMemory<byte> json, CallClock? clock = null)
    {
        _json = json;
        _clock = clock;
        Headers.ContentType = Json;
    }

    /// <summary>It will not be sent again: the connection holds its request, and this with it, until the end of the answer.</summary>
    public void LetGo() => _json = default;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _clock?.Connected();
        return stream.WriteAsync(_json, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}
