using System.Text.Json;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>Tools as Codex tells them: in namespaces, among the items of the input, or found by a search that the client runs.</summary>
public class NamespaceTests
{
    private const string Calc = """{"type":"namespace","name":"mcp__calc","description":"sums","tools":[{"type":"function","name":"add","strict":false,"parameters":{"type":"object","properties":{}}}]}""";
    private const string Added = """{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"functions","description":"","tools":[{"type":"custom","name":"exec"}]}]}""";

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    [InlineData("openai/responses")]
    public async Task ACall_NamesItsNamespace_StreamedAndStored_AndComesBack(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, provider);
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"Call mcp__calc__add","stream":true,"tools":[{{Calc}}]}"""));
        var whole = events[^1].GetProperty("response");
        var call = whole.GetProperty("output")[0];
        Assert.Equal(("function_call", "mcp__calc", "add"), (TypeOf(call), call.GetProperty("namespace").GetString(), call.GetProperty("name").GetString()));
        Assert.Equal(whole.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(whole)}")).GetRawText());
        var result = $$"""{"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"5"}""";
        await gateway.AskAsync($$"""{"model":"m","tools":[{{Calc}}],"input":[{"role":"user","content":"x"},{{call.GetRawText()}},{{result}}]}""");
        Assert.Contains("\"mcp__calc__add\"", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("\"add\"", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToolsAmongTheItems_AreCalled()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var answer = await gateway.AskAsync($$"""{"model":"m","input":[{{Added}},{"role":"user","content":"use exec"}]}""");
        var call = answer.GetProperty("output")[0];
        Assert.Equal(("custom_tool_call", "functions", "exec"), (TypeOf(call), call.GetProperty("namespace").GetString(), call.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task ASearchForTools_IsTheClients_AndWhatItFindsIsTold()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        const string search = """{"type":"tool_search","execution":"client","description":"finds","parameters":{"type":"object","properties":{"query":{"type":"string"}}}}""";
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"Call tool_search","stream":true,"tools":[{{search}}]}"""));
        var call = events[^1].GetProperty("response").GetProperty("output")[0];
        Assert.Equal(("tool_search_call", "client", JsonValueKind.Object), (TypeOf(call), call.GetProperty("execution").GetString(), call.GetProperty("arguments").ValueKind));
        var found = $$"""{"type":"tool_search_output","call_id":"{{call.GetProperty("call_id").GetString()}}","execution":"client","tools":[{{Calc}}]}""";
        var next = await gateway.AskAsync($$"""{"model":"m","tools":[{{search}}],"input":[{"role":"user","content":"x"},{{call.GetRawText()}},{{found}},{"role":"user","content":"Call mcp__calc__add"}]}""");
        Assert.Equal("mcp__calc", next.GetProperty("output")[0].GetProperty("namespace").GetString());
    }

    /// <summary>OpenAI's agents refuse the call of a tool that no search has found; here none is needed, so it is told with the call.</summary>
    [Fact]
    public async Task ASearchThatOpenAiWouldRun_IsToldWithTheCallOfATool_ThatWaitsForIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var waits = Calc.Replace("\"strict\"", "\"defer_loading\":true,\"strict\"", StringComparison.Ordinal);
        var events = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"Call mcp__calc__add","stream":true,"tools":[{{waits}},{"type":"tool_search"}]}"""));
        var whole = events[^1].GetProperty("response");
        var items = whole.GetProperty("output").EnumerateArray().ToList();
        Assert.Equal(["tool_search_call", "tool_search_output", "function_call"], items.Select(TypeOf));
        Assert.Equal("mcp__calc", items[0].GetProperty("arguments").GetProperty("paths")[0].GetString());
        var found = Assert.Single(items[1].GetProperty("tools").EnumerateArray());
        Assert.Equal(("mcp__calc", "add"), (found.GetProperty("name").GetString(), found.GetProperty("tools")[0].GetProperty("name").GetString()));
        Assert.Equal(whole.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{IdOf(whole)}")).GetRawText());
        Assert.DoesNotContain("tool_search", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    /// <summary>Codex asks over HTTP at once upon this status, and tries for seconds upon any other.</summary>
    [Theory]
    [InlineData("/v1/responses")]
    [InlineData("/responses")]
    public async Task AWebSocket_IsRefusedWithTheWordToAskOverHttp(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        using var refused = await gateway.Http.SendAsync(request);
        Assert.Equal(426, (int)refused.StatusCode);
        Assert.Contains("websocket_not_supported", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var plain = await gateway.SendAsync(HttpMethod.Get, path);
        Assert.Equal((405, "POST"), ((int)plain.StatusCode, string.Join(", ", plain.Content.Headers.Allow)));
    }
}
