using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Providers.Ollama;

namespace OrleansLlm.Upstream.Parameters;

/// <summary>Saying a request in another dialect costs what the request is long, and not the square of it.</summary>
public sealed class HostileRequestTests
{
    /// <summary>
    /// No measure of speed: what is tested here takes about a second, and where each element is compared with all others, or all others are moved for it, more than ten minutes. No
    /// allocation shows that.
    /// </summary>
    private static readonly TimeSpan Absurd = TimeSpan.FromMinutes(2);

    private const int Many = 300_000;

    [Fact]
    public async Task ExtraBody_BesideAsManyFields_IsLookedUpAndNotSearchedFor()
    {
        var body = $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"extra_body\":{{{Numbered("a")},\"seed\":1,\"top_k\":1}},{Numbered("b")},\"seed\":2}}";
        var (ollama, anthropic) = (new UpstreamReport(), new UpstreamReport());
        await EndsAsync(() =>
        {
            using var said = JsonDocument.Parse(OpenAiToOllama.Translate(Request("ollama", body), ollama).Chat);
            Assert.Equal("""{"top_k":1,"seed":2}""", said.RootElement.GetProperty("options").GetRawText());
        });
        await EndsAsync(() => OpenAiToAnthropic.Translate(Request("anthropic", body), anthropic));
        Assert.Equal(2 * Many, ollama.DroppedParameters.Count);
        // And the seed, which there is none of.
        Assert.Equal((2 * Many) + 1, anthropic.DroppedParameters.Count);
    }

    [Fact]
    public async Task ResultsBehindManyMessages_AreNotPutBeforeThemOneByOne()
    {
        var messages = Repeated("{\"role\":\"user\",\"content\":\"x\"}") + "," + Repeated("{\"role\":\"tool\",\"tool_call_id\":\"a\"}");
        await EndsAsync(() =>
        {
            using var body = JsonDocument.Parse($"{{\"messages\":[{messages}]}}");
            using var json = new Utf8JsonWriter(Stream.Null);
            json.WriteStartObject();
            AnthropicMessages.Write(json, body.RootElement, "claude-3", null);
        });
    }

    [Fact]
    public async Task CallsAndTheirResults_AreOrderedWhereTheyStand()
    {
        var turns = Repeated("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"a\"}");
        await EndsAsync(() =>
        {
            using var body = JsonDocument.Parse($"{{\"messages\":[{turns}]}}");
            Assert.Equal(2 * Many, ChatMessage.AllWithResultsInOrder(body.RootElement).Count);
        });
    }

    /// <summary>By what is allocated: for each path the whole request would be read and written.</summary>
    [Fact]
    public void ARequestIsReadOnce_HoweverManyPathsAreLeftOutOfIt()
    {
        const int paths = 2_000;
        var body = $"{{\"a\":[{string.Join(',', Enumerable.Repeat("{\"x\":1}", 20_000))}]}}";
        var rules = new ParameterRules { AlsoDrop = Enumerable.Range(0, paths).Select(n => $"a[{n}].x").ToHashSet() };
        var report = new UpstreamReport();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var left = RequestParameters.Apply(Request("openai", body) with { Parameters = rules }, UpstreamProviders.Find("openai"), report);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L * body.Length);
        Assert.Equal(paths, report.DroppedParameters.Count);
        Assert.Equal(body.Length - (paths * "\"x\":1".Length), left.Body.Length);
    }

    [Theory]
    [InlineData("""{"a":{"b":1,"c":2},"d":[1]}""", "a.b", """{"a":{"c":2},"d":[1]}""")]
    [InlineData("""{"a":[{"b":1},{"b":2,"c":3},5]}""", "a[*].b", """{"a":[{},{"c":3},5]}""")]
    [InlineData("""{"a":[{"b":1},{"b":2}]}""", "a[1].b", """{"a":[{"b":1},{}]}""")]
    [InlineData("""{"a":[{"b":1},{"b":2}]}""", "a[1].b a[*].c a[0]", """{"a":[{}]}""")]
    [InlineData("""{"a":[0,1,2]}""", "a[0] a[1]", """{"a":[2]}""")]
    [InlineData("""{"a":[0,1,2]}""", "a[*]", """{"a":[]}""")]
    [InlineData("""{"a":[[1,2],[3,4]]}""", "a[*][0]", """{"a":[[2],[4]]}""")]
    [InlineData("""{"a":{"b":1,"b":{"c":1}}, "a" : {"b":3 , "é\u00e9":[ 1.50 ]} }""", "a.b", """{"a":{},"a":{"é\u00e9":[ 1.50 ]}}""")]
    [InlineData("""{"a":{"é":1}}""", "a.é", """{"a":{}}""")]
    [InlineData("""{"a":{"b":{"c":1}}}""", "a.b a.b.c", """{"a":{}}""")]
    [InlineData("""{"a":1,"b":[2]}""", "a.b b.c b[7] b[x] b[ c.d [0] a. .a", """{"a":1,"b":[2]}""")]
    public void APath_IsMeantOfTheRequestAsItCame(string body, string paths, string left)
    {
        var dropped = new List<string>();
        Assert.Equal(left, Encoding.UTF8.GetString(new MemberPaths(paths.Split(' ')).LeaveOutOf(Encoding.UTF8.GetBytes(body), dropped).Span));
        Assert.Equal(left != body, dropped.Count > 0);
    }

    [Fact]
    public void ARequest_NamesAHundredPathsItself_AndNoMore()
    {
        Assert.Equal("additional_drop_params", Assert.Throws<UpstreamException>(() => Apply(MemberPaths.MostInBody + 1)).Failure.Param);
        Apply(MemberPaths.MostInBody);

        static void Apply(int paths) => RequestParameters.Apply(
            Request("openai", $"{{\"additional_drop_params\":[{string.Join(',', Enumerable.Range(0, paths).Select(n => $"\"a.b{n}\""))},\"a\"]}}"), UpstreamProviders.Find("openai"), new UpstreamReport());
    }

    [Fact]
    public void AFunctionsName_HasABound_SinceEachResultMaySayItAgain()
    {
        static JsonElement Body(int length) => JsonElement.Parse($"{{\"messages\":[{{\"role\":\"assistant\",\"tool_calls\":[{{\"function\":{{\"name\":\"{new string('f', length)}\"}}}}]}}]}}");
        Assert.Equal("messages[0].tool_calls[0].function.name", Assert.Throws<UpstreamException>(() => ChatMessage.AllWithResultsInOrder(Body(ChatMessage.LongestName + 1)).Count).Failure.Param);
        Assert.Single(ChatMessage.AllWithResultsInOrder(Body(ChatMessage.LongestName)));
    }

    /// <summary>Said with each text.</summary>
    [Theory]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("99999999999")]
    public void Dimensions_AreAPlainNumberWhereEachTextHasThem(string dimensions) => Assert.Equal(
        "dimensions",
        Assert.Throws<UpstreamException>(() => OpenAiToGemini.Embeddings(Request("gemini", $"{{\"input\":\"x\",\"dimensions\":{dimensions}}}"), new UpstreamReport())).Failure.Param);

    [Fact]
    public void WhatAMessageSaysOfItsCache_IsOfAMessageThatIsOneText()
    {
        Assert.Equal(1, Cached("\"x\""));
        Assert.Equal(0, Cached("[\"x\",\"y\"]"));
        Assert.Equal(1, Cached("[\"x\",{\"type\":\"text\",\"text\":\"y\",\"cache_control\":{\"type\":\"ephemeral\"}}]"));

        static int Cached(string content)
        {
            var said = OpenAiToAnthropic.Translate(Request("anthropic", $"{{\"messages\":[{{\"role\":\"user\",\"cache_control\":{{\"type\":\"ephemeral\"}},\"content\":{content}}}]}}"), new UpstreamReport());
            return Encoding.UTF8.GetString(said.Span).Split("cache_control").Length - 1;
        }
    }

    private static async Task EndsAsync(Action work) => await Task.Run(work, TestContext.Current.CancellationToken).WaitAsync(Absurd, TestContext.Current.CancellationToken);

    private static string Repeated(string message) => string.Join(',', Enumerable.Repeat(message, Many));

    private static string Numbered(string name) => string.Join(',', Enumerable.Range(0, Many).Select(n => $"\"{name}{n}\":1"));

    private static UpstreamRequest Request(string provider, string body) => new()
    {
        Provider = provider,
        Model = "m",
        PublicModel = "m",
        Body = Encoding.UTF8.GetBytes(body),
        CompletionId = "chatcmpl-test",
        Created = 1_700_000_000,
    };
}
