using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>OpenAI and Azure refuse a request that has a word they do not know: what only another door's clients say is not sent to them, and told.</summary>
public class OpenAisWordsTests
{
    private const string Own = "https://api.openai.com/v1";
    private const string Elsewhere = "http://localhost:8000/v1";

    [Theory]
    [InlineData("openai", Own, "gpt-4o", "", "thinking, top_k")]
    [InlineData("azure", "https://x.openai.azure.com", "gpt-4o", "", "thinking, top_k")]
    [InlineData("openai", "https://eu.api.openai.com/v1", "gpt-4o", "", "thinking, top_k")]
    [InlineData("openai", "https://x.openai.azure.com/openai/v1", "gpt-4o", "", "thinking, top_k")]
    [InlineData("openai", Own, "o3", "reasoning_effort", "top_k")]
    [InlineData("azure", "https://x.openai.azure.com", "mine", "reasoning_effort", "top_k")]
    [InlineData("openai", Elsewhere, "gpt-4o", "reasoning_effort, top_k", "")]
    [InlineData("deepseek", "https://api.deepseek.com/v1", "r1", "reasoning_effort, top_k", "")]
    public void OfAnthropics(string provider, string address, string model, string said, string left)
    {
        var dropped = new List<string>();
        using var body = JsonDocument.Parse("""{"model":"m","max_tokens":5000,"messages":[{"role":"user","content":"x"}],"top_k":5,"thinking":{"type":"enabled","budget_tokens":2048}}""");
        var translated = AnthropicToOpenAi.Translate(body.RootElement, new ModelFacts(Group(provider, address, model)), dropped);
        Check(translated, dropped, ["reasoning_effort", "top_k"], said, left);
    }

    [Theory]
    [InlineData("openai", Own, "gpt-4o", "top_p", "options.min_p, options.repeat_penalty, options.top_k, think")]
    [InlineData("openai", Own, "gpt-5", "reasoning_effort, top_p", "options.min_p, options.repeat_penalty, options.top_k")]
    [InlineData("openai", Elsewhere, "gpt-4o", "min_p, reasoning_effort, repeat_penalty, top_k, top_p", "")]
    public void OfOllamas(string provider, string address, string model, string said, string left)
    {
        var dropped = new List<string>();
        using var body = JsonDocument.Parse("""{"model":"m","think":true,"options":{"top_k":5,"min_p":0.1,"repeat_penalty":1.1,"top_p":0.5}}""");
        var translated = JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            new OllamaToOpenAi(json, body.RootElement, "m", new ModelFacts(Group(provider, address, model)), allowRunnerOptions: false, dropped).Write(InferenceKind.Chat);
            json.WriteEndObject();
        });
        Check(translated, dropped, ["min_p", "reasoning_effort", "repeat_penalty", "top_k", "top_p"], said, left);
    }

    private static void Check(ReadOnlyMemory<byte> body, List<string> dropped, string[] looked, string said, string left)
    {
        using var sent = JsonDocument.Parse(Encoding.UTF8.GetString(body.Span));
        Assert.Equal(said, string.Join(", ", looked.Where(name => sent.RootElement.TryGetProperty(name, out _))));
        Assert.Equal(left, string.Join(", ", dropped.Order(StringComparer.Ordinal)));
    }

    /// <summary>Several that stand in for another model hear the same: nothing that one of them refuses, but what is to be cached if one is Claude.</summary>
    [Theory]
    [InlineData("ollama_chat", "llama", false)]
    [InlineData("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", true)]
    public void OfSeveralThatStandIn(string provider, string model, bool caches)
    {
        var dropped = new List<string>();
        using var body = JsonDocument.Parse(
            """{"model":"m","max_tokens":5000,"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}],"top_k":5,"thinking":{"type":"enabled","budget_tokens":2048}}""");
        var both = new ModelGroup("m", [.. Group("openai", Own, "gpt-4o").Deployments, .. Group(provider, Elsewhere, model).Deployments]);
        var translated = Encoding.UTF8.GetString(AnthropicToOpenAi.Translate(body.RootElement, new ModelFacts(both, areStandIns: true), dropped).Span);
        Assert.Equal("thinking, top_k", string.Join(", ", dropped.Order(StringComparer.Ordinal)));
        Assert.DoesNotContain("reasoning_effort", translated, StringComparison.Ordinal);
        Assert.Equal(caches, translated.Contains("cache_control", StringComparison.Ordinal));
    }

    private static ModelGroup Group(string provider, string address, string model) => new("m",
    [
        new Deployment
        {
            Id = "d", Group = "m", ConfiguredModel = $"{provider}/{model}", Provider = provider, Model = model, ApiBase = new Uri(address), Backend = "b",
            IsOpenAis = UpstreamProviders.AreOpenAis(provider, new Uri(address)),
        },
    ]);
}
