using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>A long conversation in few words: as Codex asks for it, by the last item of an input, and at an address of its own.</summary>
public class CompactionTests
{
    private const string Tool = """{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{}}}""";
    private const string Before = """{"role":"user","content":"Call get_weather"},{"type":"function_call","call_id":"a","name":"get_weather","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"sunny"}""";

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    [InlineData("openai/responses")]
    [InlineData("anthropic")]
    [InlineData("gemini")]
    public async Task ATrigger_IsAnsweredByOneItem_FromWhichTheNextRequestGoesOn(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        var body = $$$"""{"model":"m","stream":true,"store":false,"tools":[{{{Tool}}}],"tool_choice":"required","text":{"format":{"type":"json_object"}},"input":[{{{Before}}},{"type":"compaction_trigger"}]}""";
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", body));
        Assert.Equal("response.completed", TypeOf(events[^1]));
        var item = Assert.Single(events[^1].GetProperty("response").GetProperty("output").EnumerateArray());
        Assert.Equal("compaction", TypeOf(item));
        Assert.Contains("is about to be replaced by a summary", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("sunny", ollama.Stats.Bodies[^1], StringComparison.Ordinal);

        await gateway.AskAsync($$"""{"model":"m","store":false,"input":[{{item.GetRawText()}},{"role":"user","content":"and now?"}]}""");
        Assert.Contains("as a summary:", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("This is a simulated answer from m to", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("sunny", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($$"""[{{Before}}]""")]
    [InlineData("\"a text\"")]
    public async Task TheAddressOfItsOwn_AnswersWithTheItemAlone(string input)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var answer = await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/compact", $$"""{"model":"m","stream":true,"input":{{input}}}""");
        Assert.Equal("response.compaction", answer.GetProperty("object").GetString());
        Assert.Equal("compaction", TypeOf(Assert.Single(answer.GetProperty("output").EnumerateArray())));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}", status: 404);
    }

    [Fact]
    public async Task AStoredConversation_IsSummedUp()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var one = IdOf(await gateway.AskAsync("""{"model":"m","input":"one"}"""));
        await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/compact", $$"""{"model":"m","previous_response_id":"{{one}}"}""");
        Assert.Equal(["user:one", $"assistant:{Answer("one")}"], Messages(ollama)[..2]);
        Assert.Equal(3, Messages(ollama).Length);
    }

    [Theory]
    [InlineData(""", "input":3""")]
    [InlineData("")]
    public async Task AnInputThatIsNone_IsRefused(string input)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var refused = await gateway.JsonAsync(HttpMethod.Post, "/v1/responses/compact", $$"""{"model":"m"{{input}}}""", status: 400);
        Assert.Equal("input", refused.GetProperty("error").GetProperty("param").GetString());
    }
}
