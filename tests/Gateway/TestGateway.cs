using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Chat;
using OrleansLlm.Backends;
using OrleansLlm.Inference;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>A whole gateway in this process, on a real socket, with a state file of its own.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly bool _ownsFolder;

    private TestGateway(WebApplication app, string folder, bool ownsFolder)
    {
        (_app, _folder, _ownsFolder) = (app, folder, ownsFolder);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Address = new Uri(address);
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    public IServiceProvider Services => _app.Services;

    /// <param name="time">Null: the system's clock, as on an engine that needs it (<see cref="InjectedTimeFactAttribute"/>).</param>
    /// <param name="folder">Where state is kept; null: a new folder that goes with the gateway.</param>
    /// <param name="more">Services in place of the gateway's own.</param>
    /// <param name="file">A configuration file to follow; it holds <paramref name="yaml"/> at the start. Null: none.</param>
    public static async Task<TestGateway> StartAsync(string yaml, TimeProvider? time = null, string? folder = null, string? file = null, CapturedLogs? logs = null, Action<IServiceCollection>? more = null)
    {
        var live = new LiveCatalog(yaml, TestEngine.VariablesOfAGateway());
        Assert.Empty(live.StartReport.Findings.Where(f => f.Kind is FindingKind.Error or FindingKind.LeftOut).Select(f => $"{f.Path}: {f.Text}"));
        var data = folder ?? Directory.CreateTempSubdirectory("orleansllm-test-").FullName;
        var app = GatewayHost.Build(
            new GatewayOptions { Port = 0, DataFolder = data, ConfigPath = file, Variable = _ => null },
            live,
            services =>
            {
                if (time is not null && TestEngine.TakesInjectedTime) services.AddSingleton(time);
                if (logs is not null) services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(logs);
                TestEngine.KeepStateOf(data, services);
                more?.Invoke(services);
            });
        await app.StartAsync();
        return new TestGateway(app, data, folder is null);
    }

    /// <summary>The official client, without retries of its own unless asked for.</summary>
    public ChatClient Client(string model, string key = "test", int retries = 0) => new(
        model,
        new ApiKeyCredential(key),
        new OpenAIClientOptions { Endpoint = new Uri(Address, "v1"), RetryPolicy = new ClientRetryPolicy(retries) });

    public Task<HttpResponseMessage> PostAsync(string json, CancellationToken cancellationToken = default, string path = "/v1/chat/completions") =>
        Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken);

    public static string Chat(string model, string text, bool stream = false) => System.Text.Json.JsonSerializer.Serialize(
        new { model, stream, messages = new[] { new { role = "user", content = text } } });

    /// <summary>A user's streamed question to the model m, for an inference grain that is asked without the web server.</summary>
    public static InferenceRequest Request(string user) => new()
    {
        Model = "m",
        User = user,
        Body = Encoding.UTF8.GetBytes(Chat("m", "x", stream: true)),
        Stream = true,
        Created = 0,
    };

    public Task<BackendSnapshot> SnapshotAsync(Uri backend) =>
        Grains.GetGrain<IBackendGrain>(Addresses.Normalise(backend)).GetSnapshotAsync();

    public Task UntilAsync(Uri backend, Func<BackendSnapshot, bool> holds, string what) =>
        Eventually.UntilAsync(async () => holds(await SnapshotAsync(backend)), what);

    /// <summary>Lets the test's clock go on until something holds. It stands while the backend has somebody: no connection, no lease and no call can run out meanwhile, however busy the machine is.</summary>
    /// <param name="stands">When the clock stands; null: while an inference runs there.</param>
    public Task PassUntilAsync(ManualTime time, TimeSpan step, Uri backend, Func<bool> holds, string what, Func<BackendSnapshot, bool>? stands = null) =>
        Eventually.UntilAsync(
            async () =>
            {
                var snapshot = await SnapshotAsync(backend);
                if (holds()) return true;
                if (!(stands?.Invoke(snapshot) ?? snapshot.Running > 0)) time.Advance(step);
                return holds();
            },
            what);

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsFolder) Directory.Delete(_folder, recursive: true);
    }
}
