using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Operations;

public sealed class EmbeddingTests
{
    [Theory]
    [InlineData("ollama", "\"one two\"", 1)]
    [InlineData("openai", "\"one two\"", 1)]
    [InlineData("ollama", "[\"one\",\"two\"]", 2)]
    [InlineData("openai", "[\"one\",\"two\"]", 2)]
    public async Task Embedding_IsOneChunkTheWholeList(string provider, string input, int vectors)
    {
        await using var harness = await Harness.StartAsync();

        var list = Assert.Single(await harness.CollectAsync(Ask(harness, provider, $$"""{"input":{{input}}}""")));

        Assert.True(list.HasPayload);
        var json = list.Json();
        Assert.Equal(("list", "public"), (json.GetProperty("object").GetString(), json.GetProperty("model").GetString()));
        Assert.Equal(vectors, json.GetProperty("data").GetArrayLength());
        Assert.Equal(vectors - 1, json.GetProperty("data")[vectors - 1].GetProperty("index").GetInt32());
        Assert.Equal(8, json.GetProperty("data")[0].GetProperty("embedding").GetArrayLength());
        Assert.Equal(2, json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(new UpstreamUsage(2, 0, 2, Estimated: false), harness.Report.Usage);
        Assert.Equal(list.Raw(), new[] { list }.Gather().GetRawText());
    }

    [Theory]
    [InlineData("ollama")]
    [InlineData("openai")]
    public async Task Base64_IsMadeHereWhateverTheUpstreamSends(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var numbers = Assert.Single(await harness.CollectAsync(Ask(harness, provider, """{"input":"x"}"""))).Json().GetProperty("data")[0].GetProperty("embedding");
        var text = Assert.Single(await harness.CollectAsync(Ask(harness, provider, """{"input":"x","encoding_format":"base64"}"""))).Json().GetProperty("data")[0].GetProperty("embedding");

        var bytes = text.GetBytesFromBase64();
        Assert.Equal(numbers.EnumerateArray().Select(n => n.GetSingle()), Enumerable.Range(0, 8).Select(at => BitConverter.ToSingle(bytes, at * 4)));
    }

    [Theory]
    [InlineData("openai", "base64", "base64")]
    [InlineData("azure", "base64", "base64")]
    [InlineData("openai", "float", "float")]
    [InlineData("openai", null, null)]
    [InlineData("openai_like", "base64", null)]
    public async Task OpenAisOwnServices_AreAskedForTheClientsEncoding(string provider, string? wanted, string? asked)
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (200, "application/json", """{"data":[{"embedding":[0.5]}]}""");
        await using var harness = await Harness.StartAsync();
        var format = wanted is null ? "" : $",\"encoding_format\":\"{wanted}\"";

        await harness.CollectAsync(Ask(harness, provider, $$"""{"input":"x"{{format}}}""") with { ApiBase = service.BaseAddress });

        using var body = JsonDocument.Parse(Assert.Single(service.Requests).Body);
        Assert.Equal(asked, body.RootElement.TryGetProperty("encoding_format", out var sent) ? sent.GetString() : null);
    }

    [Theory]
    [InlineData("""{"total_tokens":1000}""", 1000)]
    [InlineData("""{"prompt_tokens":7.0,"total_tokens":7.0}""", 7)]
    public async Task TokensInOddShapes_AreRead(string usage, long tokens)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Raw, Path = "/v1/embeddings", ContentType = "application/json", Body = """{"data":[{"embedding":[0.5]}],"usage":""" + usage + "}",
        });

        var chunk = (await harness.CollectAsync(Ask(harness, "openai", """{"input":"x"}"""))).Single();

        Assert.Equal(new UpstreamUsage(tokens, 0, tokens, Estimated: false), harness.Report.Usage);
        Assert.Equal(tokens, chunk.Json().GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
    }

    [Theory]
    [InlineData("ollama", "[\"a\",\"b\"]", """{"embeddings":[[0.5]]}""")]
    [InlineData("openai", "[\"a\",\"b\"]", """{"data":[{"embedding":[0.5]}]}""")]
    [InlineData("openai", "[[1,2],[3]]", """{"data":[{"embedding":[0.5]}]}""")]
    [InlineData("openai", "[1,2]", """{"data":[]}""")]
    [InlineData("openai", "\"a\"", """{"data":[]}""")]
    [InlineData("gemini", "[\"a\",\"b\"]", """{"embeddings":[{"values":[0.5]}]}""")]
    public async Task FewerVectorsThanInputs_AreAFailureOfTheService(string provider, string input, string answer)
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (200, "application/json", answer);
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, provider, $$"""{"input":{{input}}}""") with { ApiBase = service.BaseAddress });

        Assert.Equal((FailureKind.Garbled, false), (failure.Kind, failure.CallerFault));
        Assert.Contains("embeddings for", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>OpenAI takes 2048 texts at once, and its clients send hundreds. Google takes a hundred.</summary>
    [Theory]
    [InlineData("", "[7.5]")]
    [InlineData(",\"encoding_format\":\"base64\"", "\"AADwQA==\"")]
    public async Task MoreTextsThanTheServiceTakes_AreAskedForInParts(string format, string seventh)
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => (200, "application/json", $$"""{"embeddings":[{{string.Join(',', TextsOf(asked.Body).Select(text => $$"""{"values":[{{text}}.5]}"""))}}]}""");
        await using var harness = await Harness.StartAsync();
        var texts = string.Join(',', Enumerable.Range(0, 250).Select(at => $"\"{at}\""));

        var list = Assert.Single(await harness.CollectAsync(Ask(harness, "gemini", $$"""{"input":[{{texts}}],"user":"u"{{format}}}""") with { ApiBase = service.BaseAddress })).Json();

        Assert.Equal([100, 100, 50], service.Requests.Select(asked => TextsOf(asked.Body).Count));
        Assert.Equal(Enumerable.Range(0, 250), list.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("index").GetInt32()));
        Assert.Equal(seventh, list.GetProperty("data")[7].GetProperty("embedding").GetRawText());
        if (format.Length == 0) Assert.Equal(Enumerable.Range(0, 250).Select(at => at + 0.5), list.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("embedding")[0].GetDouble()));
        Assert.Equal(["user"], harness.Report.DroppedParameters);
        Assert.Equal(list.GetProperty("usage").GetProperty("prompt_tokens").GetInt64(), harness.Report.Usage!.Value.Prompt);
    }

    [Fact]
    public async Task MoreTextsThanOpenAiTakes_AreTheServicesToRefuse()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (400, "application/json", """{"error":{"code":400,"message":"at most 100","status":"INVALID_ARGUMENT"}}""");
        await using var harness = await Harness.StartAsync();
        var texts = string.Join(',', Enumerable.Repeat("\"x\"", 2049));

        var (failure, _) = await harness.FailAsync(Ask(harness, "gemini", $$"""{"input":[{{texts}}]}""") with { ApiBase = service.BaseAddress });

        Assert.Equal(400, failure.Status);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task TokensOfOneText_AreOneInput()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = _ => (200, "application/json", """{"data":[{"embedding":[0.5]}]}""");
        await using var harness = await Harness.StartAsync();

        var list = Assert.Single(await harness.CollectAsync(Ask(harness, "openai", """{"input":[1,2,3]}""") with { ApiBase = service.BaseAddress }));

        Assert.Equal(1, list.Json().GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("ollama", "[1,2]")]
    [InlineData("ollama", "[[1,2],[3]]")]
    [InlineData("gemini", "[[1,2],[3]]")]
    public async Task TokenNumbers_WhereTextsAloneAreTaken_AreRefusedWithWhatToDo(string provider, string input)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, provider, $$"""{"input":{{input}}}"""));

        Assert.Equal((true, "input"), (failure.CallerFault, failure.Param));
        Assert.Contains("check_embedding_ctx_length=False", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AListOfManyVectors_IsReadWhole()
    {
        await using var service = await Recorder.StartAsync();
        var blanks = new string(' ', 40 * 1024 * 1024);
        service.Answer = _ => (200, "application/json", $$"""{"data":[{"embedding":[0.5,{{blanks}}0.25]}]}""");
        await using var harness = await Harness.StartAsync();

        var list = Assert.Single(await harness.CollectAsync(Ask(harness, "openai_like", """{"input":"x"}""") with { ApiBase = service.BaseAddress }));

        Assert.Equal("[0.5,0.25]", list.Json().GetProperty("data")[0].GetProperty("embedding").GetRawText());
    }

    [Fact]
    public async Task AListThatIsBase64Already_BecomesNumbersInOrder()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Raw, Path = "/v1/embeddings", ContentType = "application/json",
            Body = """{"data":[{"index":1,"embedding":"AACAPwAAAMA="},{"index":0,"embedding":[0.5]}]}""",
        });

        var data = Assert.Single(await harness.CollectAsync(Ask(harness, "openai", """{"input":"x"}"""))).Json().GetProperty("data");

        Assert.Equal("[0.5]", data[0].GetProperty("embedding").GetRawText());
        Assert.Equal([1f, -2f], data[1].GetProperty("embedding").EnumerateArray().Select(n => n.GetSingle()));
        Assert.True(harness.Report.Usage!.Value.Estimated);
    }

    [Theory]
    [InlineData("""{"error":"no such model"}""", FailureKind.ErrorEvent)]
    [InlineData("""{"data":5}""", FailureKind.Garbled)]
    [InlineData("", FailureKind.Truncated)]
    public async Task BrokenLists_FailWithTheMatchingKind(string body, FailureKind expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Raw, Path = "/v1/embeddings", ContentType = "application/json", Body = body });

        Assert.Equal(expected, (await harness.FailAsync(Ask(harness, "openai", """{"input":"x"}"""))).Failure.Kind);
    }

    [Fact]
    public async Task OllamaEmbedding_OfTokens_IsTheCallersFault()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, "ollama", """{"input":[1,2]}"""));

        Assert.Equal((true, "input"), (failure.CallerFault, failure.Param));
    }

    [Fact]
    public async Task AProviderWithoutEmbeddings_SaysSoByName()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, "anthropic", """{"input":"x"}"""));

        Assert.Equal((FailureKind.NotOffered, 501, false, false), (failure.Kind, failure.Status, failure.CallerFault, failure.Retryable));
        Assert.Equal("The provider anthropic has no embeddings.", failure.Message);
        Assert.Equal(0, harness.Server.Stats.Connections);
    }

    /// <summary>What Google was asked to embed.</summary>
    private static List<string> TextsOf(string body)
    {
        using var asked = JsonDocument.Parse(body);
        return [.. asked.RootElement.GetProperty("requests").EnumerateArray().Select(one => one.GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!)];
    }

    private static UpstreamRequest Ask(Harness harness, string provider, string body) =>
        harness.Request(provider, body) with { Operation = UpstreamOperation.Embedding };
}
