using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>An agent that keeps its conversation itself: Claude thinks on after the result of a tool, as it is told what it has thought before.</summary>
public class SignedThoughtsTests
{
    private const string Tool = """{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{}}}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AfterTheResultOfATool_ClaudeIsToldItsThoughts_AndThinksOn(bool streamed)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "anthropic");
        const string common = $$""" "model":"m","reasoning":{"effort":"low","summary":"auto"},"include":["reasoning.encrypted_content"],"tools":[{{Tool}}] """;
        var body = $$$"""{{{{common}}},"input":"Call get_weather","stream":{{{(streamed ? "true" : "false")}}}}""";
        var first = streamed ? (await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", body)))[^1].GetProperty("response") : await gateway.AskAsync(body);
        Assert.Equal(first.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(first)}")).GetRawText());

        var items = first.GetProperty("output").EnumerateArray().ToList();
        Assert.Equal(["reasoning", "function_call"], items.Select(TypeOf));
        var result = $$"""{"type":"function_call_output","call_id":"{{items[1].GetProperty("call_id").GetString()}}","output":"sunny"}""";
        await gateway.AskAsync($$$"""{{{{common}}},"store":false,"input":[{"role":"user","content":"x"},{{{string.Join(',', items.Select(i => i.GetRawText()))}}},{{{result}}}]}""");
        Assert.Contains("\"signature\":\"sim-signature\"", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("\"thinking\":{\"type\":", ollama.Stats.Bodies[^1].Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
