using System.Text;
using OrleansLlm.Backends;
using OrleansLlm.Caching;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>Which requests are the same question, and which of these share an inference.</summary>
public class CacheKeyTests
{
    private const string Plain = """{"model":"m","messages":[{"role":"user","content":"hé"}],"temperature":0.5}""";

    [Theory]
    [InlineData("""{"temperature":0.5,"messages":[{"content":"h\u00e9","role":"user"}],"model":"other name of it"}""")]
    [InlineData("""{ "model":"m", "messages" : [ {"role":"user","content":"hé"} ], "temperature":0.5, "stream":true, "stream_options":{"include_usage":true} }""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hé"}],"temperature":0.5,"user":"x","metadata":{"a":"b"},"cache":{"ttl":1},"priority":3,"max_tokens":null}""")]
    public void WhatDoesNotChangeTheAnswer_IsNotInTheKey(string body) => Assert.Equal(KeyOf(Plain), KeyOf(body));

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"he"}],"temperature":0.5}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hé"}],"temperature":0.6}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hé"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hé","name":null}],"temperature":0.5}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hé"}],"temperature":0.5,"keep_alive":-1}""")]
    public void EverythingElseIs(string body) => Assert.NotEqual(KeyOf(Plain), KeyOf(body));

    [Fact]
    public void SoAreModelKindOwnerAndNamespace()
    {
        var request = Request(Plain);
        InferenceRequest[] all =
        [
            request,
            request with { Model = "other" },
            request with { Kind = InferenceKind.Completion },
            request with { AnthropicBeta = "a" },
            request with { SpeaksAnthropic = true },
            request with { MergesThoughts = true },
            request with { MergesThoughts = false },
            request with { Tags = ["a"] },
            request with { Tags = ["a", "b"] },
            request with { Tags = ["a,b"] },
            request with { Cache = request.Cache! with { Owner = "other" } },
            request with { Cache = request.Cache! with { Namespace = "other" } },
            // Where one ends and the next begins is part of it.
            request with { Cache = request.Cache! with { Owner = "owne", Namespace = "r" } },
        ];
        Assert.Equal(all.Length, all.Select(CacheKey.Of).Distinct().Count());
        Assert.Equal(CacheKey.Of(request), CacheKey.Of(request with { User = "u2", Key = "k2", Created = 9 }));
        Assert.Equal(CacheKey.Of(request with { Tags = ["a", "b"] }), CacheKey.Of(request with { Tags = ["b", "a"] }));
    }

    [Fact]
    public void Terms_AreTheFormAndHowItWaitsAndIsTriedAgain()
    {
        var request = Request(Plain);
        InferenceRequest[] all =
        [
            request,
            request with { Stream = true },
            request with { IncludeUsage = true },
            request with { Queue = QueueTerms.Default with { Priority = 1 } },
            request with { Queue = QueueTerms.Default with { Timeout = TimeSpan.FromSeconds(1) } },
            request with { Timeout = TimeSpan.FromSeconds(1) },
            request with { FirstTokenTimeout = TimeSpan.FromSeconds(1) },
            request with { Retries = 0 },
            request with { MaxFallbacks = 0 },
            request with { DisableFallbacks = true },
            request with { Fallbacks = [new FallbackTarget("f")] },
            request with { Fallbacks = [new FallbackTarget("f", "{\"a\":1}"u8.ToArray())] },
            request with { Fallbacks = [new FallbackTarget("f") { Kind = OrleansLlm.Catalog.FallbackKind.ContextWindow }] },
            request with { Fallbacks = [new FallbackTarget("f") { Group = "m" }] },
        ];
        Assert.Equal(all.Length, all.Select(CacheKey.TermsOf).Distinct().Count());
        Assert.Equal(CacheKey.TermsOf(request), CacheKey.TermsOf(request with { User = "u2", Queue = request.Queue with { TellProgress = true, Turn = 1, Weight = 2 } }));
    }

    private static string KeyOf(string body) => CacheKey.Of(Request(body));

    private static InferenceRequest Request(string body) => new()
    {
        Model = "m", User = "u", Body = Encoding.UTF8.GetBytes(body), Stream = false, Created = 0, Cache = new CacheUse { Owner = "owner", Ttl = TimeSpan.FromSeconds(1) },
    };
}
