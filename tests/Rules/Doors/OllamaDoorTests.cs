using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Doors;

public class OllamaDoorTests
{
    public static TheoryData<string> Requests => [.. Golden.Cases("ollama", "request.json")];

    public static TheoryData<string> Answers => [.. Golden.Cases("ollama", "lines.ndjson")];

    [Theory]
    [MemberData(nameof(Requests))]
    public void ARequest_IsSaidInOpenAisWords_AndWhatIsLeftOutIsTold(string name)
    {
        var read = Read(name.EndsWith("/chat", StringComparison.Ordinal), Golden.Read($"{name}/request.json"));
        Golden.SameJson(Golden.Read($"{name}/openai.json"), read.Body);
        Assert.Equal(Golden.Read($"{name}/dropped.txt").Trim(), string.Join(", ", read.Dropped));
        Assert.Equal(name.EndsWith("/fill", StringComparison.Ordinal) ? InferenceKind.Completion : InferenceKind.Chat, read.Kind);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AStream_IsTheLinesOfTheGoldenFile(string name) => Assert.Equal(
        Golden.Read($"{name}/lines.ndjson"), await DoorUnderTest.StreamAsync(DoorUnderTest.Context(), DoorUnderTest.Ollama(), Golden.Lines($"{name}/chunks.ndjson")));

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AWholeAnswer_IsTheObjectOfTheGoldenFile(string name) => Assert.Equal(
        Golden.Read($"{name}/object.json").Trim(),
        Encoding.UTF8.GetString((await DoorUnderTest.WholeAsync(DoorUnderTest.Ollama(), Golden.Bytes($"{name}/whole.json"))).Span));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    public async Task CallsOfAWholeAnswer_AreCallsOfTheirOwn_WhateverTheirIds(string id)
    {
        var whole = """{"choices":[{"index":0,"message":{"content":null,"tool_calls":[{"id":"ID","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"ID","function":{"name":"g","arguments":"{}"}}]}}]}"""
            .Replace("ID", id, StringComparison.Ordinal);
        var said = await DoorUnderTest.WholeAsync(DoorUnderTest.Ollama(), Encoding.UTF8.GetBytes(whole));
        var calls = JsonDocument.Parse(said).RootElement.GetProperty("message").GetProperty("tool_calls").EnumerateArray().Select(c => c.GetProperty("function"));
        Assert.Equal(["""f {"a":1}""", "g {}"], calls.Select(f => $"{f.GetProperty("name").GetString()} {f.GetProperty("arguments").GetRawText()}"));
    }

    [Fact]
    public async Task OfACompletion_TheTextIsTheResponse()
    {
        var said = await DoorUnderTest.StreamAsync(
            DoorUnderTest.Context(), DoorUnderTest.Ollama(isChat: false),
            ["""{"model":"m","choices":[{"text":"a\n","index":0,"logprobs":null,"finish_reason":null}]}""", """{"choices":[{"text":"b","index":0,"finish_reason":"length"}]}"""]);
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["a\n", "b", ""], lines.Select(l => l.GetProperty("response").GetString()!));
        Assert.Equal("length", lines[^1].GetProperty("done_reason").GetString());
    }

    [Fact]
    public void RunnerOptions_AndKeepAlive_ArePassedWhereTheyAreAllowed()
    {
        var body = """{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"num_ctx":8192},"keep_alive":"1h"}""";
        var read = Read(isChat: true, body, new GatewaySettings { AllowRunnerOptions = true });
        Assert.Empty(read.Dropped);
        var said = JsonDocument.Parse(read.Body).RootElement;
        Assert.Equal((8192, "1h"), (said.GetProperty("num_ctx").GetInt32(), said.GetProperty("keep_alive").GetString()));
    }

    [Theory]
    [InlineData(true, """{"model":"m"}""")]
    [InlineData(true, """{"model":"m","messages":[]}""")]
    [InlineData(false, """{"model":"m","keep_alive":0}""")]
    [InlineData(false, """{"model":"m","prompt":""}""")]
    public void ARequestThatAsksForNothing_AsksNoModel(bool isChat, string body) => Assert.NotNull(Read(isChat, body).Reply);

    [Theory]
    [InlineData(true, """{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData(true, """{"model":"m","messages":[{"role":"user","content":["x"]}]}""", "messages[0].content")]
    [InlineData(true, """{"model":"m","messages":[{"role":"user","content":"x"}],"format":"xml"}""", "format")]
    [InlineData(true, """{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"num_predict":"many"}}""", "options.num_predict")]
    [InlineData(true, """{"messages":[]}""", "model")]
    [InlineData(false, """{"model":"m","prompt":7}""", "prompt")]
    public void AMistake_IsNamedByItsPlace(bool isChat, string body, string param) =>
        Assert.Equal((400, param), (Assert.Throws<RequestException>(() => Read(isChat, body)).Error is var e ? (e.Status, e.Param!) : default));

    [Theory]
    [InlineData("m", "m")]
    [InlineData("m:latest", "m")]
    [InlineData("other:latest", "other:latest")]
    public void AName_IsKnownWithItsTagAndWithout(string asked, string known) => Assert.Equal(known, OllamaNames.Known(DoorUnderTest.Catalog(), asked));

    private static DoorRequest Read(bool isChat, string body, GatewaySettings? settings = null)
    {
        var catalog = new DoorUnderTest.FixedCatalog(DoorUnderTest.Catalog(settings: settings));
        IDoor door = isChat ? new OllamaChatDoor(catalog, new ManualTime()) : new OllamaGenerateDoor(catalog, new ManualTime());
        return door.Read(DoorUnderTest.Context(), Encoding.UTF8.GetBytes(body));
    }
}
