using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>A collector that is spoken to by gRPC: unary calls, one message in a frame each.</summary>
internal static class GrpcCollector
{
    private const int FrameHeader = 5;

    /// <param name="status">What each call is answered; 0: it is well.</param>
    public static async Task<Receiver> StartAsync(int status = 0)
    {
        var collector = await Receiver.StartAsync(protocols: HttpProtocols.Http2);
        collector.Answer = _ => Task.FromResult<IResult>(new EmptyMessage(status));
        return collector;
    }

    /// <summary>The messages that one service was sent.</summary>
    /// <param name="service">The last word of its name, for instance <c>TraceService</c>.</param>
    public static IEnumerable<byte[]> Messages(Receiver collector, string service) =>
        from request in collector.Requests
        where request.Path.EndsWith($".{service}/Export", StringComparison.Ordinal)
        select MessageOf(request);

    private static byte[] MessageOf(Received request)
    {
        Assert.Equal(("POST", "application/grpc"), (request.Method, request.Headers["Content-Type"]));
        Assert.Equal(0, request.Body[0]);
        Assert.Equal(request.Body.Length - FrameHeader, (int)BinaryPrimitives.ReadUInt32BigEndian(request.Body.AsSpan(1)));
        return request.Body[FrameHeader..];
    }

    private sealed class EmptyMessage(int status) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[FrameHeader], context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
