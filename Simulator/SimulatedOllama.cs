using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace OrleansLlm.Simulator;

/// <summary>A stand-in server in this process, on a real socket. It answers for Ollama's native API, OpenAI's,
/// Azure's, Anthropic's, Gemini's and Bedrock's.</summary>
public sealed class SimulatedOllama : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LoadedModels _models;

    private SimulatedOllama(WebApplication app, LoadedModels models, SimulatorStats stats, FaultList faults, Uri baseAddress)
    {
        (_app, _models, Stats, Faults, BaseAddress) = (app, models, stats, faults, baseAddress);
    }

    /// <summary>The root, e.g. http://127.0.0.1:11435/; OpenAI clients add v1.</summary>
    public Uri BaseAddress { get; }

    public SimulatorStats Stats { get; }

    /// <summary>The misbehaviour still to come.</summary>
    public FaultList Faults { get; }

    /// <summary>Models in memory now.</summary>
    public IReadOnlyList<string> Loaded => _models.Names;

    /// <summary>Starts listening; the server serves when this returns.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedOllama> StartAsync(SimulatorOptions options, CancellationToken cancellationToken = default)
    {
        // The empty builder reads no files, no environment and logs nothing: a host process keeps its own settings to itself.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnedLifetime>();
        var stats = new SimulatorStats();
        // What has been flushed is sent, and does not wait for a thread: a connection that is broken off afterwards takes none of it along.
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(AddressOf(options.Host), options.Port, listen => listen.Use(next => connection =>
            {
                stats.ConnectionAccepted();
                return next(connection);
            }));
        });

        var app = builder.Build();
        var faults = new FaultList();
        var models = new LoadedModels(options, stats);
        var (ollama, openAi) = (new OllamaRequests(options), new OpenAiRequests(options));
        new Routes(
            options, stats, faults, models, new Inferences(options, stats, models), new Catalog(options, models, ollama, openAi), ollama, openAi, new ResponsesRequests(openAi),
            new AnthropicRequests(options), new GeminiRequests(options), new BedrockRequests(options)).Map(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new SimulatedOllama(app, models, stats, faults, new Uri(address));
    }

    /// <summary>Stops at once: open connections are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static IPAddress AddressOf(string host) =>
        host == "localhost" ? IPAddress.Loopback : host is "*" or "+" ? IPAddress.Any : IPAddress.Parse(host);

    /// <summary>Whoever started the server stops it; signals are the process's business.</summary>
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
