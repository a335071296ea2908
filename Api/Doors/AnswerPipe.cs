using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// The bytes of one answer on their way to its client: a stream, framed as server-sent events or as lines, or whole. A client that does not take its
/// bytes slows the pull from the backend; one that takes none for the stall timeout is cut.
/// </summary>
internal sealed class AnswerPipe(HttpContext context, TimeProvider time, TimeSpan stallTimeout)
{
    /// <summary>Bytes that may gather before the client has to keep up.</summary>
    private const int MaxUnflushed = 32 * 1024;

    /// <summary>"event: ", "id: ", the longest number, "data: " and the line ends.</summary>
    private const int MaxFraming = 48;

    private readonly PipeWriter _writer = Own(context);
    private int _unflushed;

    /// <summary>So much has gathered that the client has to take it before more is written.</summary>
    public bool IsFull => _unflushed >= MaxUnflushed;

    public void Start(string contentType)
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-cache";
        // nginx and its kind would otherwise gather the tokens.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary><c>data: {payload}\n\n</c>, OpenAI's way.</summary>
    /// <param name="id">What a client resumes after; null: none, as OpenAI's events.</param>
    public void WriteEvent(ReadOnlySpan<byte> payload, long? id = null) => WriteEvent(default, payload, id);

    /// <param name="name">The <c>event:</c> line, as Anthropic's clients need it; empty: none.</param>
    public void WriteEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, long? id = null)
    {
        var span = _writer.GetSpan(MaxFraming + name.Length + payload.Length);
        var length = 0;
        if (!name.IsEmpty)
        {
            Copy("event: "u8, span, ref length);
            Copy(name, span, ref length);
            Copy("\n"u8, span, ref length);
        }

        if (id is { } number)
        {
            Copy("id: "u8, span, ref length);
            Utf8Formatter.TryFormat(number, span[length..], out var digits);
            length += digits;
            Copy("\n"u8, span, ref length);
        }

        Copy("data: "u8, span, ref length);
        Copy(payload, span, ref length);
        Copy("\n\n"u8, span, ref length);
        Advance(length);
    }

    /// <summary>A line of its own, as Ollama streams.</summary>
    public void WriteLine(ReadOnlySpan<byte> payload)
    {
        var span = _writer.GetSpan(payload.Length + 1);
        var length = 0;
        Copy(payload, span, ref length);
        Copy("\n"u8, span, ref length);
        Advance(length);
    }

    /// <summary>A server-sent line that clients skip: it keeps proxies from closing a silent connection, and tells people who look.</summary>
    public void WriteComment(string text)
    {
        var line = Encoding.ASCII.GetBytes($": {text}\n\n");
        _writer.Write(line);
        _unflushed += line.Length;
    }

    /// <summary>An answer that is there as a whole, in pieces that the client takes one after the other.</summary>
    public async Task WriteWholeAsync(ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        for (var rest = body; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, MaxUnflushed)..])
        {
            var piece = rest[..Math.Min(rest.Length, MaxUnflushed)];
            _writer.Write(piece.Span);
            _unflushed += piece.Length;
            await FlushAsync();
        }
    }

    public ValueTask FlushAsync()
    {
        if (_unflushed == 0) return ValueTask.CompletedTask;
        _unflushed = 0;
        var flush = _writer.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            Check(flush.Result);
            return ValueTask.CompletedTask;
        }

        return WaitAsync(flush.AsTask());
    }

    /// <summary>The server's own measure of slow clients would add every token up; here it is the time without any that counts.</summary>
    private static PipeWriter Own(HttpContext context)
    {
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        return context.Response.BodyWriter;
    }

    private async ValueTask WaitAsync(Task<FlushResult> flush)
    {
        try
        {
            Check(await flush.WaitAsync(stallTimeout, time));
        }
        catch (TimeoutException)
        {
            context.Abort();
            throw new ClientGoneException($"The client took no bytes for {stallTimeout.TotalSeconds} s.");
        }
    }

    private void Check(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled) throw new ClientGoneException("The client has left.");
    }

    private void Advance(int length)
    {
        _writer.Advance(length);
        _unflushed += length;
    }

    private static void Copy(ReadOnlySpan<byte> from, Span<byte> to, ref int at)
    {
        from.CopyTo(to[at..]);
        at += from.Length;
    }
}
