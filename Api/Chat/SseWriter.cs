using System.IO.Pipelines;
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

    public ValueTask WriteAsync(ReadOnlyMemory<byte> json)
    {
        Append("data: "u8, json.Span);
        return _unflushed >= MaxUnflushed ? FlushAsync() : ValueTask.CompletedTask;
    }

    public void WriteDone() => Append("data: "u8, "[DONE]"u8);

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

    private void Append(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> payload)
    {
        var length = prefix.Length + payload.Length + 2;
        var span = _writer.GetSpan(length);
        prefix.CopyTo(span);
        payload.CopyTo(span[prefix.Length..]);
        "\n\n"u8.CopyTo(span[(prefix.Length + payload.Length)..]);
        _writer.Advance(length);
        _unflushed += length;
    }
}
