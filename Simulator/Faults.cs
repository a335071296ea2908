using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace OrleansLlm.Simulator;

/// <summary>Carries out the faults that need more than a different text.</summary>
internal static class Faults
{
    private const long EndlessLineLimit = 256L * 1024 * 1024;

    public static bool IsMidStream(FaultKind kind) => kind is FaultKind.Stall or FaultKind.ResetMidStream or FaultKind.CloseMidStream
        or FaultKind.Truncate or FaultKind.Garbage or FaultKind.GarbledJson or FaultKind.EndlessLine or FaultKind.ErrorEvent;

    /// <returns>True when the request is over.</returns>
    public static async ValueTask<bool> BeforeInferenceAsync(HttpContext http, ReplyFormat? format, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Status:
                http.Response.StatusCode = fault.Status;
                await WriteBodyAsync(http, fault, fault.ContentType ?? "application/json");
                return true;
            case FaultKind.Raw:
                await WriteBodyAsync(http, fault, fault.ContentType ?? format?.StreamType ?? "application/json");
                return true;
            case FaultKind.WrongContentType:
                await WriteBodyAsync(http, fault with { Body = fault.Body ?? "<html><body>Welcome</body></html>" }, fault.ContentType ?? "text/html");
                return true;
            case FaultKind.ResetBeforeHeaders:
                Reset(http);
                return true;
            case FaultKind.CloseReusedConnection:
                Close(http);
                return true;
            default:
                return false;
        }
    }

    /// <returns>True when the body ends here.</returns>
    public static async ValueTask<bool> MidStreamAsync(HttpContext http, ReplyFormat format, ReplyWriter to, Fault fault)
    {
        var ct = http.RequestAborted;
        switch (fault.Kind)
        {
            case FaultKind.Stall:
                await to.FlushAsync(ct);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
                return true;
            case FaultKind.ResetMidStream:
                await FlushAndLetGoAsync(to, fault, ct);
                Reset(http);
                return true;
            case FaultKind.CloseMidStream:
                await FlushAndLetGoAsync(to, fault, ct);
                Close(http);
                return true;
            case FaultKind.Truncate:
                await to.FlushAsync(ct);
                return true;
            case FaultKind.Garbage:
                format.Broken(to, [0xFF, 0xFE, 0x00, 0xC3, 0x28, 0x80, 0x7B]);
                await to.FlushAsync(ct);
                return false;
            case FaultKind.GarbledJson:
                format.Broken(to, "{\"id\":\"x\",\"choices\":[{\"ind"u8);
                await to.FlushAsync(ct);
                return false;
            case FaultKind.EndlessLine:
                format.Broken(to, "{\"x\":\""u8, endOfLine: false);
                for (long sent = 0; sent < EndlessLineLimit; sent += 16 * 1024)
                {
                    to.Write("x"u8);
                    to.GetSpan(16 * 1024)[..(16 * 1024)].Fill((byte)'x');
                    to.Advance(16 * 1024);
                    await to.FlushAsync(ct);
                    ct.ThrowIfCancellationRequested();
                }

                return true;
            case FaultKind.ErrorEvent:
                if (fault.Body is { } body) to.Text(body);
                else format.ErrorEvent(to, fault.Message);
                await to.FlushAsync(ct);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Headers first, so that no "Connection: close" goes out; then Kestrel closes once the reply is complete.</summary>
    public static async ValueTask CloseAfterReplyAsync(HttpContext http, CancellationToken ct)
    {
        await http.Response.StartAsync(ct);
        http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    /// <summary>Whether the connection has served a request before this one.</summary>
    public static bool NoteRequestOnConnection(HttpContext http)
    {
        var items = http.Features.Get<IConnectionItemsFeature>()?.Items;
        return items is not null && !items.TryAdd(typeof(Faults), null);
    }

    private static void Reset(HttpContext http)
    {
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket) socket.LingerState = new LingerOption(true, 0);
        http.Abort();
    }

    private static void Close(HttpContext http) =>
        http.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Both);

    private static async ValueTask FlushAndLetGoAsync(ReplyWriter to, Fault fault, CancellationToken ct)
    {
        await to.FlushAsync(ct);
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(fault.DelayMs, 100)), TimeProvider.System, ct);
    }

    private static async Task WriteBodyAsync(HttpContext http, Fault fault, string contentType)
    {
        http.Response.ContentType = contentType;
        foreach (var (name, value) in fault.Headers ?? new Dictionary<string, string>()) http.Response.Headers[name] = value;
        var to = new ReplyWriter(http.Response.BodyWriter, fault.Pieces is null ? null : fault with { Kind = FaultKind.Pieces });
        to.Text(fault.Body ?? "");
        await to.FlushAsync(http.RequestAborted);
    }
}
