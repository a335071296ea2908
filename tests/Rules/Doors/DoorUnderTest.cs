using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>A door without a gateway around it: chunks in, bytes out.</summary>
internal static class DoorUnderTest
{
    private static readonly InferenceStarted Started = new()
    {
        DeploymentId = "d",
        ModelGroup = "m",
        ApiBase = "http://localhost",
        Queued = TimeSpan.FromSeconds(1),
        Upstream = TimeSpan.FromSeconds(1),
    };

    public static InferenceCompleted Completed { get; } = new(12, 5, TimeSpan.FromSeconds(3));

    public static GatewayCatalog Catalog(string provider = "ollama", string? modelInfo = null, GatewaySettings? settings = null) => new(
        [new ModelGroup("m", [Deployment(provider, modelInfo)])], [], new RoutingOptions(), settings ?? new GatewaySettings());

    public static ModelFacts Facts(string provider, string? modelInfo = null) => new(Catalog(provider, modelInfo).FindGroup("m"));

    public static HttpContext Context() => new DefaultHttpContext { TraceIdentifier = "req_1" };

    public static IAnswerForm Anthropic(HttpContext context, AskedOfClaude? asked = null) =>
        new AnthropicForm(context, Request, asked ?? AskedOfClaude.Nothing with { Stops = ["STOP", "\nB"] }, new ManualTime());

    public static IAnswerForm Ollama(bool isChat = true) => new OllamaForm("m", isChat, new ManualTime());

    public static async Task<string> StreamAsync(HttpContext context, IAnswerForm form, IEnumerable<string> chunks)
    {
        var body = new MemoryStream();
        context.Response.Body = body;
        var pipe = new AnswerPipe(context, new ManualTime(), TimeSpan.FromSeconds(1));
        form.Began(Started);
        form.Started(pipe, Started);
        foreach (var chunk in chunks) form.Chunk(pipe, Encoding.UTF8.GetBytes(chunk));
        await form.CompletedAsync(pipe, Completed);
        await pipe.FlushAsync();
        return Encoding.UTF8.GetString(body.ToArray());
    }

    public static async Task<ReadOnlyMemory<byte>> WholeAsync(IAnswerForm form, byte[] json)
    {
        form.Began(Started);
        return await form.WholeAsync(json, Completed);
    }

    private static InferenceRequest Request { get; } = new() { Model = "m", User = "u", Body = default, Stream = true, Created = 0, PromptEstimate = 9 };

    private static Deployment Deployment(string provider, string? modelInfo) => new()
    {
        Id = "d",
        Group = "m",
        ConfiguredModel = $"{provider}/m",
        Provider = provider,
        Model = provider == "bedrock" ? "us.anthropic.claude-sonnet-4-5-20250929-v1:0" : "m",
        ApiBase = new Uri("http://localhost"),
        Backend = "b",
        ModelInfo = modelInfo is null ? null : System.Text.Json.JsonDocument.Parse(modelInfo).RootElement,
    };

    internal sealed class FixedCatalog(GatewayCatalog catalog) : ICatalog
    {
        public GatewayCatalog Current => catalog;
    }
}
