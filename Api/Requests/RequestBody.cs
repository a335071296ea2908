using System.Buffers;
using System.IO.Pipelines;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Requests;

/// <summary>Reads a request's body whole, up to the configured bound, and checks that it is text: UTF-8, without half a character.</summary>
internal static class RequestBody
{
    /// <param name="setting">What the operator can raise; null: it is fixed.</param>
    public static ApiError TooLarge(long? limit, string? setting = "general_settings.max_request_size_mb") => new(
        413,
        limit is { } bytes ? $"The request body is larger than the limit of {bytes} bytes{(setting is null ? "" : $" ({setting})")}." : "The request body is too large.",
        "invalid_request_error", "request_too_large");

    public static ApiError NoRoom { get; } = new(
        503, "The gateway holds as many bytes of request bodies as it may (gateway_settings.connections.max_bodies_mb): try again in a moment.", "server_error", "overloaded")
    {
        // Each answer that ends makes room; nobody knows when it is enough.
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <param name="share">What it takes of the room for all; null: it does not count, and the limit is fixed.</param>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, long limit, BodyShare? share = null)
    {
        var request = context.Request;
        if (request.ContentLength > limit) throw new RequestException(Larger(limit, share));
        var coding = ContentCoding.Of(context);
        var body = await ReadAllAsync(request.BodyReader, limit, share, context.RequestAborted);
        return Checked(coding is null ? body : ContentCoding.Unpack(body, coding, limit, share));
    }

    /// <exception cref="RequestException">It is empty, or no text.</exception>
    public static ReadOnlyMemory<byte> Checked(byte[] body)
    {
        if (body.Length == 0) throw new RequestException(ApiError.BadRequest("The request body is empty; a JSON object is expected.", null));
        if (!Utf8.IsValid(body)) throw new RequestException(ApiError.BadRequest("The request body is not valid UTF-8.", null, "invalid_utf8"));
        // Some clients write a byte order mark.
        var text = body.AsSpan().StartsWith("\uFEFF"u8) ? body.AsMemory(3) : body;
        return HalfCharacters.Find(text.Span) is >= 0 and var half ? throw Halved(HalfCharacters.FieldAt(text.Span, half)) : text;
    }

    /// <summary>Packed or not.</summary>
    public static ApiError Larger(long limit, BodyShare? share) => share is null ? TooLarge(limit, setting: null) : TooLarge(limit);

    private static RequestException Halved(string field) => new(field.Length > 0
        ? ApiError.BadRequest($"{field}: expected a text, but it has half a character: an escape such as \\ud83d without its partner.", field, "invalid_unicode")
        : ApiError.BadRequest("The request body is not valid JSON: it has half a character, an escape such as \\ud83d without its partner.", null, "invalid_json"));

    /// <exception cref="BadHttpRequestException">The server's: the body has ended before the length that it said.</exception>
    private static async Task<byte[]> ReadAllAsync(PipeReader reader, long limit, BodyShare? share, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var size = read.Buffer.Length;
            var error = size > limit ? Larger(limit, share) : share?.GrowTo(size) is false ? NoRoom : null;
            if (error is not null)
            {
                // Its bytes go, and the server knows from where on to throw the rest away.
                reader.AdvanceTo(read.Buffer.End);
                share?.Dispose();
                throw new RequestException(error);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
