using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Upstream;

/// <summary>A server that notes what it is asked and answers what the test says.</summary>
public sealed class Recorder : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Recorder(WebApplication app, Uri baseAddress) => (_app, BaseAddress) = (app, baseAddress);

    public Uri BaseAddress { get; }

    public ConcurrentQueue<Asked> Requests { get; } = new();

    /// <summary>Status, content type and body for a request.</summary>
    public Func<Asked, (int Status, string ContentType, string Body)> Answer { get; set; } = _ => (200, "application/json", "{}");

    /// <summary>Answers in place of <see cref="Answer"/>, as it likes.</summary>
    public Func<HttpResponse, Task>? Write { get; set; }

    public static async Task<Recorder> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        Recorder? recorder = null;
        app.Run(http => recorder!.ServeAsync(http));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return recorder = new Recorder(app, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var asked = new Asked(
            http.Request.Method, http.Request.Path + http.Request.QueryString.ToString(),
            http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync());
        Requests.Enqueue(asked);
        if (Write is { } write)
        {
            await write(http.Response);
            return;
        }

        var (status, contentType, body) = Answer(asked);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        await http.Response.WriteAsync(body);
    }
}

/// <param name="Path">With its query.</param>
public sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
