using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansLlm.Support;

/// <summary>A stand-in for a service that is told things over HTTP, on a loopback socket. It keeps what it is sent and answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Received> _received = [];
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Also after its end.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Answers a request; it may take its time. Default: 200 and an empty object.</summary>
    public Func<Received, Task<IResult>> Answer { get; set; } = _ => Task.FromResult(Results.Text("{}", "application/json"));

    /// <summary>In the order of their arrival, whatever they were answered.</summary>
    public IReadOnlyList<Received> Requests
    {
        get
        {
            lock (_gate) return [.. _received];
        }
    }

    /// <param name="port">0: any free one.</param>
    /// <param name="protocols">HTTP/2 alone is spoken without TLS as well, as gRPC is.</param>
    /// <param name="certificate">What it shows; null: it speaks without TLS.</param>
    public static async Task<Receiver> StartAsync(int port = 0, HttpProtocols protocols = HttpProtocols.Http1AndHttp2, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, port, l =>
        {
            l.Protocols = protocols;
            if (certificate is not null) l.UseHttps(certificate);
        }));
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        receiver.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var received = new Received(
            context.Request.Method, context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        lock (_gate) _received.Add(received);
        await (await Answer(received)).ExecuteAsync(context);
    }
}

/// <summary>One request that a <see cref="Receiver"/> was sent.</summary>
public sealed record Received(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}
