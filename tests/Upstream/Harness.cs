using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream;

/// <summary>A simulated server and the providers that call it, each test its own.</summary>
public sealed class Harness : IAsyncDisposable
{
    public const string Model = "qwen2.5:0.5b";

    private readonly ServiceProvider _services;

    private Harness(SimulatedOllama server, ServiceProvider services) => (Server, _services) = (server, services);

    public SimulatedOllama Server { get; }

    public IUpstream Upstream => _services.GetRequiredService<IUpstream>();

    public IUpstreamProbe Probe => _services.GetRequiredService<IUpstreamProbe>();

    public UpstreamReport Report { get; private set; } = new();

    public static async Task<Harness> StartAsync(SimulatorOptions? options = null, TimeProvider? time = null, Providers.Http.UpstreamReach? reach = null)
    {
        var services = new ServiceCollection();
        if (time is not null) services.AddSingleton(time);
        if (reach is not null) services.AddSingleton(reach);
        services.AddProviders();
        return new Harness(
            await SimulatedOllama.StartAsync(options ?? new SimulatorOptions { Models = [Model, "qwen3:think"], Slots = 0 }),
            services.BuildServiceProvider());
    }

    public static string Say(string text, string more = "") =>
        $$"""{"model":"public","messages":[{"role":"user","content":{{JsonSerializer.Serialize(text)}}}]{{more}}}""";

    public UpstreamRequest Request(string provider, string body, Uri? apiBase = null) => new()
    {
        Provider = provider,
        ApiBase = apiBase ?? (UpstreamProviders.Find(provider).DefaultBase?.EndsWith("/v1", StringComparison.Ordinal) is true ? new Uri(Server.BaseAddress, "v1") : Server.BaseAddress),
        Account = new UpstreamAccount
        {
            Project = "p", Location = "us-central1",
            Aws = provider == "bedrock" ? new AwsKeys(AwsAccount.AccessKeyId, AwsAccount.SecretAccessKey, AwsAccount.SessionToken) : null,
        },
        ApiKey = provider.StartsWith("vertex_ai", StringComparison.Ordinal) ? "token" : null,
        Model = Model,
        PublicModel = "public",
        Body = Encoding.UTF8.GetBytes(body),
        CompletionId = "chatcmpl-test",
        Created = 1_700_000_000,
    };

    public IAsyncEnumerable<UpstreamChunk> Stream(UpstreamRequest request, CancellationToken ct = default) =>
        Upstream.StreamAsync(request, Report = new UpstreamReport(), ct);

    public async Task<List<UpstreamChunk>> CollectAsync(UpstreamRequest request, CancellationToken ct = default)
    {
        var chunks = new List<UpstreamChunk>();
        await foreach (var chunk in Stream(request, ct)) chunks.Add(chunk);
        return chunks;
    }

    /// <summary>The failure that the call ends in, and the chunks before it.</summary>
    public async Task<(UpstreamFailure Failure, List<UpstreamChunk> Before)> FailAsync(UpstreamRequest request)
    {
        var chunks = new List<UpstreamChunk>();
        var thrown = await Assert.ThrowsAsync<UpstreamException>(async () =>
        {
            await foreach (var chunk in Stream(request)) chunks.Add(chunk);
        });
        return (thrown.Failure, chunks);
    }

    /// <summary>Lets the server answer with these bytes.</summary>
    public void AnswerRaw(string body, string? contentType = null, params int[] pieces) => Server.Faults.Add(
        new Fault { Kind = FaultKind.Raw, Body = body, ContentType = contentType, Pieces = pieces.Length == 0 ? null : pieces });

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>Reading answers.</summary>
public static class Answers
{
    public static JsonElement Json(this UpstreamChunk chunk) => JsonDocument.Parse(chunk.Json).RootElement;

    public static string Raw(this UpstreamChunk chunk) => Encoding.UTF8.GetString(chunk.Json.Span);

    public static string Text(this IEnumerable<UpstreamChunk> chunks, string field = "content") => string.Concat(chunks
        .SelectMany(chunk => chunk.Json().GetProperty("choices").EnumerateArray())
        .Select(choice => choice.GetProperty("delta").TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : ""));

    public static JsonElement Gather(this IEnumerable<UpstreamChunk> chunks)
    {
        var gatherer = new ChatGatherer();
        foreach (var chunk in chunks) gatherer.Add(chunk);
        return JsonDocument.Parse(gatherer.ToCompletion()).RootElement;
    }

    public static JsonElement Message(this JsonElement completion, int choice = 0) => completion.GetProperty("choices")[choice].GetProperty("message");
}

public static class Property
{
    /// <summary>The claim must hold for whatever the seeds generate.</summary>
    public static void ForAllSeeds(Func<int, bool> claim) =>
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<int>(), claim));
}

public static class Eventually
{
    /// <summary>Waits for something that happens on another thread; says what did not happen.</summary>
    public static async Task HappensAsync(Func<bool> happened, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!happened())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(20))
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Within 20 s this did not happen: {what}"));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }
}
