using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Where the process listens, and what a connection may cost it. docs/security.md says which test proves each limit.</summary>
internal static class HttpServer
{
    private const int MaxHeaders = 100;
    private const int MaxRequestLine = 8 << 10;
    private const int ReadAhead = 64 << 10;

    /// <param name="connections">Of clients, at once.</param>
    public static void Configure(KestrelServerOptions kestrel, GatewayOptions options, GatewaySettings settings, int connections)
    {
        kestrel.AddServerHeader = false;
        // HTTP/2 needs TLS or prior knowledge; what stands in front of a gateway speaks 1.1 to it. What is not spoken cannot be abused.
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        Limit(kestrel.Limits, settings.Connections, settings.MaxRequestBytes);
        kestrel.Limits.MaxConcurrentConnections = connections;
        if (options.Host is "localhost" && options.Port != 0) kestrel.ListenLocalhost(options.Port);
        else if (options.Host is "localhost") kestrel.Listen(IPAddress.Loopback, 0);
        else if (options.Host is "*" or "+" or "0.0.0.0" or "::") kestrel.ListenAnyIP(options.Port);
        else kestrel.Listen(IPAddress.Parse(options.Host), options.Port);
    }

    private static void Limit(KestrelServerLimits limits, ConnectionOptions connections, long maxRequestBytes)
    {
        // Nothing here upgrades a connection.
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.RequestHeadersTimeout = connections.HeaderTimeout;
        limits.KeepAliveTimeout = connections.IdleTimeout;
        limits.MaxRequestLineSize = MaxRequestLine;
        limits.MaxRequestHeadersTotalSize = connections.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        // Per connection, of what nobody has asked for yet. Each of very many may fill it, with or without a key.
        limits.MaxRequestBufferSize = Math.Max(ReadAhead, connections.MaxHeaderBytes);
        // The same bound as the body reader's; Kestrel's own answer is turned into OpenAI's error object.
        limits.MaxRequestBodySize = maxRequestBytes;
        limits.MinRequestBodyDataRate = new MinDataRate(connections.MinRate, connections.Patience);
        // Only while bytes wait for the client: a model may be silent. Streams have a rule of their own instead, see AnswerPipe.
        limits.MinResponseDataRate = new MinDataRate(connections.MinRate, connections.Patience);
    }
}
