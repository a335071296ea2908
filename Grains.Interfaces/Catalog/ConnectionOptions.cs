namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.connections</c>: what clients may hold of the HTTP server, whoever they are. Read at the start of the process.</summary>
public sealed record ConnectionOptions
{
    /// <summary>Open at once, of all clients together; the next one is closed as soon as it is opened. Default 10,000.</summary>
    public int Max { get; init; } = 10_000;

    /// <summary>The headers of a request must be there this long after its first byte, or the connection is closed. Default 15 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection without a request is closed after this long. Default 130 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Of the request line and all headers together; more is a 431. Default 32 KiB.</summary>
    public int MaxHeaderBytes { get; init; } = 32 << 10;

    /// <summary>
    /// Bytes of request bodies in this process, all of them together, from their first byte to the end of their answer; what does not fit is a 503. Never less than
    /// <see cref="GatewaySettings.MaxRequestBytes"/>. Default 512 MiB.
    /// </summary>
    public long MaxBodyBytes { get; init; } = 512L << 20;

    /// <summary>
    /// Bytes a second: a request body that comes slower for <see cref="Patience"/> is a 408, and a client that takes an answer slower is cut. Streams
    /// are measured by <see cref="GatewaySettings.ClientStallTimeout"/> alone. Default 1 KiB.
    /// </summary>
    public int MinRate { get; init; } = 1 << 10;

    /// <inheritdoc cref="MinRate"/>
    /// <remarks>Default 10 s.</remarks>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
}
