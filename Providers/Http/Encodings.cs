using System.IO.Compression;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// Unpacks what comes compressed though nobody asked for it. Each piece that the server has flushed is handed on as it comes. What it becomes is bounded
/// by whoever reads it, as any other body.
/// </summary>
internal static class Encodings
{
    /// <summary>The body as it was before it was compressed; one in an encoding that is not known stays as it is.</summary>
    public static async Task<Stream> DecodedAsync(HttpContent content, CancellationToken ct)
    {
        var body = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        if (!content.Headers.NonValidated.TryGetValues("Content-Encoding", out var encoding)) return body;
        return encoding.ToString().Trim().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => body,
        };
    }

    /// <summary>Whether a fault says that a body is not what its encoding promised. Brotli has another word for it than the others.</summary>
    public static bool IsBroken(Exception fault, Stream? body) => fault is InvalidDataException || (fault is InvalidOperationException && body is BrotliStream);

    /// <summary>Whether a read of no bytes ends when there are some: one that unpacks may hold a rest that its source does not tell of.</summary>
    public static bool TellsOfBytes(Stream body) => body is not (GZipStream or ZLibStream or BrotliStream);
}
