using System.Net;
using System.Net.Http.Headers;

namespace OrleansLlm.Providers.Http;

/// <summary>The connections to all upstream services, and the one retry on a pooled connection that had died.</summary>
internal sealed class UpstreamHttp(TimeProvider time, UpstreamReach reach) : IDisposable
{
    private static readonly ProductInfoHeaderValue Agent = new("OrleansLlm", typeof(UpstreamHttp).Assembly.GetName().Version?.ToString(3));

    private readonly ConnectionPools _pools = new((trust, lifetime) => Handler(trust, lifetime, time, reach));

    /// <summary>To a metadata server that the program itself has chosen; no backend is reached over it.</summary>
    private readonly HttpMessageInvoker _own = new(Handler(UpstreamTrust.OfTheSystem, TimeSpan.Zero, time, UpstreamReach.Anywhere));

    public TimeProvider Time => time;

    /// <summary>
    /// Sends a request and returns with the response's headers. A server may close a connection that it promised to keep (llama-server
    /// does so after every streamed reply); a request that was written to such a connection and got not one byte back is sent once more
    /// on a fresh one. Handlers do not do that: they cannot know that the request may be repeated.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(UpstreamTrust trust, Func<HttpRequestMessage> request, ConnectionTrace trace, Action? retried, CancellationToken ct)
    {
        var pools = _pools.For(trust);
        ConnectionTrace.Current.Value = trace;
        try
        {
            var first = request();
            reach.Check(first.RequestUri!);
            return await pools.Kept.SendAsync(first, ct).ConfigureAwait(false);
        }
        catch (HttpRequestException died) when (trace is { Reused: true, Answered: false } && !ct.IsCancellationRequested
            && died.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown)
        {
            retried?.Invoke();
        }

        return await pools.Fresh.SendAsync(request(), ct).ConfigureAwait(false);
    }

    /// <summary>Asks the machine's own metadata server, wherever that is.</summary>
    public Task<HttpResponseMessage> AskMachineAsync(HttpRequestMessage request, CancellationToken ct) => _own.SendAsync(request, ct);

    /// <param name="headers">They win over the others.</param>
    public static HttpRequestMessage Request(
        HttpMethod method, Uri address, string? apiKey, IReadOnlyDictionary<string, string>? headers, HttpContent? content, string accept)
    {
        var request = new HttpRequestMessage(method, address) { Content = content, VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher };
        request.Headers.Accept.ParseAdd(accept);
        // Tokens are too small to gain by it.
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(Agent.Product!));
        if (!string.IsNullOrEmpty(apiKey)) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + apiKey);
        if (headers is null) return request;
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public void Dispose()
    {
        _pools.Dispose();
        _own.Dispose();
    }

    private static SocketsHttpHandler Handler(UpstreamTrust trust, TimeSpan lifetime, TimeProvider time, UpstreamReach reach) => new()
    {
        PooledConnectionLifetime = lifetime,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        // Each call has a connect timeout of its own; this one ends attempts that nobody waits for any more.
        ConnectTimeout = TimeSpan.FromSeconds(60),
        MaxConnectionsPerServer = int.MaxValue,
        EnableMultipleHttp2Connections = true,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        // An abandoned response closes its connection: the upstream must see that nobody listens.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        SslOptions = CertificateCheck.For(trust),
        ConnectCallback = (connection, cancellation) => reach.ConnectAsync(connection.DnsEndPoint, cancellation),
        PlaintextStreamFilter = (connection, _) => ConnectionTrace.Trace(connection, time),
    };
}
