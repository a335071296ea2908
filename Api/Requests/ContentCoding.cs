using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Requests;

/// <summary>A body that its client has compressed (<c>Content-Encoding</c>). What it unpacks to is bounded as any body is.</summary>
internal static class ContentCoding
{
    private const string Header = "Content-Encoding";
    private const string Known = "gzip, br, deflate";
    private const int Step = 64 << 10;

    /// <returns>Null: it is not compressed.</returns>
    /// <exception cref="RequestException">In a way that is not known here: before anything of it is read.</exception>
    public static string? Of(HttpContext context)
    {
        var coding = context.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (coding is "" or "identity") return null;
        if (coding is "gzip" or "x-gzip" or "br" or "deflate") return coding;
        context.Response.Headers.AcceptEncoding = Known;
        throw new RequestException(new ApiError(415, $"{Header}: expected one of {Known}, or none at all.", "invalid_request_error", "unsupported_content_encoding") { Param = Header });
    }

    /// <param name="packed">What has come; it counts with what it unpacks to.</param>
    /// <param name="limit">The most bytes that it may unpack to.</param>
    public static byte[] Unpack(byte[] packed, string coding, long limit, BodyShare? share)
    {
        using var source = new MemoryStream(packed, writable: false);
        using var reader = Reader(source, packed, coding);
        using var unpacked = new MemoryStream();
        var step = new byte[Step];
        try
        {
            while (reader.Read(step) is > 0 and var read)
            {
                var size = unpacked.Length + read;
                if (size > limit) throw new RequestException(RequestBody.Larger(limit, share));
                if (share?.GrowTo(packed.Length + size) is false) throw new RequestException(RequestBody.NoRoom);
                unpacked.Write(step, 0, read);
            }
        }
        catch (RequestException)
        {
            share?.Dispose();
            throw;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
        {
            throw new RequestException(ApiError.BadRequest($"{Header}: the request body is not valid {coding}.", Header, "invalid_content_encoding"));
        }

        return unpacked.ToArray();
    }

    private static Stream Reader(Stream source, byte[] packed, string coding) => coding switch
    {
        "br" => new BrotliStream(source, CompressionMode.Decompress),
        // Some clients leave out the frame that the name asks for.
        "deflate" when !IsFramed(packed) => new DeflateStream(source, CompressionMode.Decompress),
        "deflate" => new ZLibStream(source, CompressionMode.Decompress),
        _ => new GZipStream(source, CompressionMode.Decompress),
    };

    /// <summary>By the two bytes that zlib's frame begins with.</summary>
    private static bool IsFramed(byte[] packed) => packed.Length > 1 && (packed[0] & 0xf) == 8 && ((packed[0] << 8) | packed[1]) % 31 == 0;
}
