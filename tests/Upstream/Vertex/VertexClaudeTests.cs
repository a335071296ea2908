using System.Text.Json;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Vertex;

/// <summary>What is Anthropic's at Vertex AI, and what is Google's.</summary>
public sealed class VertexClaudeTests
{
    /// <summary>A request with a flag that it does not know is refused; the operator may know better.</summary>
    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData(null, "claude-code-20250219,context-1m-2025-08-07, interleaved-thinking-2025-05-14", "context-1m-2025-08-07,interleaved-thinking-2025-05-14", true)]
    [InlineData(null, "context-1m-2025-08-07", "context-1m-2025-08-07", false)]
    [InlineData(null, "advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19", false)]
    [InlineData(null, "prompt-caching-scope-2026-01-05", null, true)]
    [InlineData("new-thing-2027-01-01", "prompt-caching-scope-2026-01-05,context-1m-2025-08-07", "new-thing-2027-01-01,context-1m-2025-08-07", true)]
    public async Task OfAClientsFlags_ThoseAreSentThatAreTaken(string? configured, string? client, string? expected, bool dropped)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (404, "application/json", "{}");

        await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x"), server.BaseAddress) with
        {
            Model = "claude-opus-4-6", AnthropicBeta = client, Headers = configured is null ? new Dictionary<string, string>() : new() { ["Anthropic-Beta"] = configured },
        });

        Assert.Equal(expected, Assert.Single(server.Requests).Headers.GetValueOrDefault("anthropic-beta"));
        Assert.Equal(dropped ? "anthropic-beta" : "", string.Join(',', harness.Report.DroppedParameters));
    }

    [Theory]
    [InlineData(null, ",\"web_search_options\":{}", "web-search-2025-03-05")]
    [InlineData("context-1m-2025-08-07", ",\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", "context-1m-2025-08-07,web-search-2025-03-05")]
    [InlineData("web-search-2025-03-05", ",\"web_search_options\":{}", "web-search-2025-03-05")]
    [InlineData(null, ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"web_search\"}}]", null)]
    public async Task ASearch_HasItsFlag(string? client, string more, string? expected)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (404, "application/json", "{}");

        await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("x", more), server.BaseAddress) with { Model = "claude-opus-4-6", AnthropicBeta = client });

        Assert.Equal(expected, Assert.Single(server.Requests).Headers.GetValueOrDefault("anthropic-beta"));
        Assert.Empty(harness.Report.DroppedParameters);
    }

    [Theory]
    [InlineData(429, """[{"error":{"code":429,"message":"Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model.","status":"RESOURCE_EXHAUSTED"}}]""", "RESOURCE_EXHAUSTED", "Quota exceeded", true)]
    [InlineData(404, """{"error":{"code":404,"message":"Publisher Model `claude-x` was not found.","status":"NOT_FOUND"}}""", "NOT_FOUND", "Publisher Model", false)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"},"request_id":"req_vrtx_1"}""", "invalid_request_error", "prompt is too long", false)]
    public async Task Errors_AreGooglesOrAnthropics(int status, string body, string type, string words, bool retryable)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = body });

        var (failure, _) = await harness.FailAsync(harness.Request("vertex_ai/claude", Harness.Say("x")));

        Assert.Equal((status, type, retryable), (failure.Status, failure.Type, failure.Retryable));
        Assert.StartsWith(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnErrorInTheStream_HasTheStatusOfItsType()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", "text/event-stream");

        var (failure, _) = await harness.FailAsync(harness.Request("vertex_ai/claude", Harness.Say("x")));

        Assert.Equal((529, "Overloaded"), (failure.Status, failure.Message));
    }

    /// <summary>As at Anthropic's own service: what a client drops is put back.</summary>
    [Fact]
    public async Task WhatTheModelHasThought_ComesBackWithTheResult()
    {
        const string tools = ""","reasoning_effort":"low","tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]""";
        await using var harness = await Harness.StartAsync();
        var message = (await harness.CollectAsync(harness.Request("vertex_ai/claude", Harness.Say("call get_weather", tools)) with { Model = "qwen3:think" })).Gather().Message();
        var call = message.GetProperty("tool_calls")[0];

        await harness.CollectAsync(harness.Request("vertex_ai/claude", $$"""
            {"messages":[{"role":"user","content":"call get_weather"},{"role":"assistant","content":null,"tool_calls":[{{call.GetRawText()}}]},
            {"role":"tool","tool_call_id":"{{call.GetProperty("id").GetString()}}","content":"21"}]{{tools}}}
            """) with { Model = "qwen3:think" });

        using var sent = JsonDocument.Parse(harness.Server.Stats.Bodies[^1]);
        Assert.Equal("thinking", sent.RootElement.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("type").GetString());
    }
}
