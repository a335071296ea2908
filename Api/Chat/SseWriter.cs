using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Chat;

/// <summary>
/// Server-sent events as OpenAI frames them: <c>data: {json}\n\n</c>. A client that does not take its bytes slows the pull from the
/// backend; one that takes none for the stall timeout is cut.
/// </summary>
internal sealed class SseWriter(HttpContext context, TimeProvider time, TimeSpan stallTimeout)
{
    /// <summary>Bytes that may gather before the client has to keep up.</summary>
    private const int MaxUnflushed = 32 * 1024;

    /// <summary>"id: ", the longest number, "data: " and the line ends.</summary>
    private const int MaxFraming = 40;

    private readonly PipeWriter _writer = context.Response.BodyWriter;
    private int _unflushed;

    public void Start()
    {
        var response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        // nginx and its kind would otherwise gather the tokens.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <param name="id">What a client resumes after; null: none, as OpenAI's events.</param>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> json, long? id)
    {
        Append(id, json.Span);
        return _unflushed >= MaxUnflushed ? FlushAsync() : ValueTask.CompletedTask;
    }

    public void WriteDone(long? id) => Append(id, "[DONE]"u8);

    /// <summary>A line that clients skip: it keeps proxies from closing a silent connection, and tells people who look.</summary>
    public ValueTask WriteCommentAsync(string text)
    {
        var line = Encoding.ASCII.GetBytes($": {text}\n\n");
        _writer.Write(line);
        _unflushed += line.Length;
        return FlushAsync();
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

    private async ValueTask WaitAsync(Task<FlushResult> flush)
    {
        try
        {
            Check(await flush.WaitAsync(stallTimeout, time));
        }
        catch (TimeoutException)
        {
            context.Abort();
            throw new OperationCanceledException($"The client took no bytes for {stallTimeout.TotalSeconds} s.", context.RequestAborted);
        }
    }

    private void Check(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled) throw new OperationCanceledException("The client has left.", context.RequestAborted);
    }

    private void Append(long? id, ReadOnlySpan<byte> payload)
    {
        var span = _writer.GetSpan(MaxFraming + payload.Length);
        var length = 0;
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
        _writer.Advance(length);
        _unflushed += length;
    }

    private static void Copy(ReadOnlySpan<byte> from, Span<byte> to, ref int at)
    {
        from.CopyTo(to[at..]);
        at += from.Length;
    }
}
