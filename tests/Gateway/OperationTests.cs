using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansLlm.Inference;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Text completions and embeddings on their way through the grains, whatever door they come through.</summary>
public class OperationTests
{
    private static long _lastId;

    [Fact]
    public async Task Embedding_GoesPastAProviderThatHasNone()
    {
        await using var without = await Setup.OllamaAsync();
        await using var with = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("public", without, "anthropic") + Setup.Model("public", with), "router_settings: {routing_strategy: simple-fallback}\n"));

        var events = await RunAsync(gateway, InferenceKind.Embedding, """{"model":"public","input":["a b","c"]}""");

        var list = JsonDocument.Parse(Assert.Single(events.OfType<WholeAnswer>()).Json).RootElement;
        Assert.Equal(("list", 2), (list.GetProperty("object").GetString(), list.GetProperty("data").GetArrayLength()));
        Assert.Equal((3, 0), Assert.Single(events.OfType<InferenceCompleted>()) is var done ? (done.PromptTokens, done.CompletionTokens) : default);
        Assert.Equal(0, without.Stats.Requests);
    }

    [Theory]
    [InlineData(InferenceKind.Embedding, """{"model":"public","input":"a"}""")]
    [InlineData(InferenceKind.Completion, """{"model":"public","prompt":"a"}""")]
    public async Task WhereNobodyCan_TheRefusalNamesTheProvider(InferenceKind kind, string body)
    {
        await using var upstream = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", upstream, "anthropic")));

        var failed = Assert.IsType<InferenceFailed>((await RunAsync(gateway, kind, body))[^1]).Failure;

        Assert.Equal((FailureKind.BadRequest, "operation_not_supported"), (failed.Kind, failed.Code));
        Assert.Contains("anthropic", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, upstream.Stats.Requests);
    }

    [Fact]
    public async Task WhereNobodyCan_AFallbackMay()
    {
        await using var without = await Setup.OllamaAsync();
        await using var with = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("public", without, "anthropic") + Setup.Model("other", with), "router_settings: {fallbacks: [{public: [other]}]}\n"));

        Assert.Single((await RunAsync(gateway, InferenceKind.Embedding, """{"model":"public","input":"a"}""")).OfType<WholeAnswer>());
    }

    [Theory]
    [InlineData("ollama", true)]
    [InlineData("ollama", false)]
    [InlineData("openai", true)]
    public async Task Completion_IsAnsweredInItsOwnObject(string provider, bool stream)
    {
        await using var upstream = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("public", upstream, provider), "gateway_settings: {models: {public: {continue_on_failure: true}}}\n"));

        var events = await RunAsync(gateway, InferenceKind.Completion, """{"model":"public","prompt":"say this","max_tokens":50}""", stream);

        var told = events.OfType<TokenChunk>().Select(c => c.Json).Concat(events.OfType<WholeAnswer>().Select(w => w.Json)).Select(json => JsonDocument.Parse(json).RootElement).ToList();
        Assert.All(told, json => Assert.Equal("text_completion", json.GetProperty("object").GetString()));
        Assert.Equal("This is a simulated answer from m to: say this", string.Concat(told.SelectMany(json => json.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("text").GetString())));
        Assert.IsType<InferenceCompleted>(events[^1]);
    }

    [Fact]
    public async Task Completion_ThatBreaksOff_IsNotContinuedElsewhere()
    {
        await using var breaking = await Setup.OllamaAsync();
        await using var other = await Setup.OllamaAsync();
        breaking.Faults.Add(new Fault { Kind = FaultKind.Truncate, AfterTokens = 2 });
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("public", breaking) + Setup.Model("public", other),
            "router_settings: {routing_strategy: simple-fallback}\ngateway_settings: {models: {public: {continue_on_failure: true}}}\n"));

        Assert.IsType<InferenceFailed>((await RunAsync(gateway, InferenceKind.Completion, """{"model":"public","prompt":"a"}""", stream: true))[^1]);
        Assert.Equal(0, other.Stats.Requests);
    }

    private static async Task<List<InferenceEvent>> RunAsync(TestGateway gateway, InferenceKind kind, string body, bool stream = false)
    {
        var id = InferenceIds.RequestPrefix + Interlocked.Increment(ref _lastId).ToString("x32", CultureInfo.InvariantCulture);
        var events = new List<InferenceEvent>();
        var request = new InferenceRequest { Model = "public", User = "user:test", Body = Encoding.UTF8.GetBytes(body), Stream = stream, Created = 1, Kind = kind };
        await foreach (var one in gateway.Grains.GetGrain<IInferenceGrain>(id).RunAsync(request)) events.Add(one);
        return events;
    }
}
