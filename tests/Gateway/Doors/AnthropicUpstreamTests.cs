using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>A client of Anthropic's in front of Anthropic's own models: what only the two of them understand passes through.</summary>
public class AnthropicUpstreamTests
{
    private const string Message = """{"content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""";
    private const string Completion = """{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("/v1/messages", "claude", "context-management-2025-06-27,b-1", "configured-1,context-management-2025-06-27,b-1", "")]
    [InlineData("/v1/messages", "claude", "b \"quoted\"", "configured-1", "anthropic-beta")]
    [InlineData("/v1/messages", "claude", "LONG", "configured-1", "anthropic-beta")]
    [InlineData("/v1/messages", "gpt", "b-1", null, "")]
    [InlineData("/v1/chat/completions", "claude", "context-1m-2025-08-07", "configured-1,context-1m-2025-08-07", "")]
    [InlineData("/v1/chat/completions", "claude", "b \"quoted\"", "configured-1", "anthropic-beta")]
    [InlineData("/v1/chat/completions", "gpt", "b-1", null, "")]
    public async Task BetaFlags_GoToAnthropicAlone(string path, string model, string sent, string? expected, string dropped)
    {
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(model == "claude" ? Message : Completion, "application/json"));
        await using var gateway = await TestGateway.StartAsync(Config(backend));
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(DoorGateway.Ask(DoorGateway.Anthropic, "x", model: model), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("anthropic-beta", sent == "LONG" ? new string('b', 2049) : sent);

        var answer = await gateway.Http.SendAsync(request);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(expected, backend.Requests.Single(r => r.Method == "POST").Headers.GetValueOrDefault("anthropic-beta"));
        Assert.Equal(dropped, answer.Headers.TryGetValues("x-dropped-params", out var told) ? told.Single() : "");
    }

    [Fact]
    public async Task ThoughtsBetweenTheWords_ComeBackWhereTheyWere_AndReachNobodyElse()
    {
        const string Blocks = """[{"type":"thinking","thinking":"t1","signature":"S1"},{"type":"text","text":"a"},{"type":"thinking","thinking":"t2","signature":"S2"},{"type":"tool_use","id":"c","name":"f","input":{}}]""";
        await using var backend = await Receiver.StartAsync();
        backend.Answer = request => Task.FromResult(request.Headers.ContainsKey("x-api-key")
            ? Results.Json(new { type = "error", error = new { type = "overloaded_error", message = "no" } }, statusCode: 529)
            : Results.Text(Completion, "application/json"));
        await using var gateway = await TestGateway.StartAsync(Config(backend) + """
            router_settings: {num_retries: 0, fallbacks: [{claude: [gpt]}]}

            """);

        var answer = await gateway.Http.PostAsync("/v1/messages", new StringContent(
            """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":""" + Blocks
            + """},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}""", Encoding.UTF8, "application/json"));

        Assert.Equal(200, (int)answer.StatusCode);
        var asked = backend.Requests.Where(r => r.Method == "POST").ToList();
        Assert.Contains("\"content\":" + Blocks, Encoding.UTF8.GetString(asked[0].Body), StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic_content", string.Concat(asked.Select(r => Encoding.UTF8.GetString(r.Body))), StringComparison.Ordinal);
        Assert.Contains("tool_calls", Encoding.UTF8.GetString(asked[^1].Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAnswerOfClaudes_BeginsWithItsOwnCount_AndKeepsItsOrder(bool stream)
    {
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":100,"cache_read_input_tokens":60,"cache_creation_input_tokens":40}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"t","signature":"S"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"S"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""",
            """{"type":"message_stop"}""",
        ];
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(string.Concat(events.Select(e => $"data: {e}\n\n")), "text/event-stream"));
        await using var gateway = await TestGateway.StartAsync(Config(backend));

        var answer = await gateway.Http.PostAsync("/v1/messages", new StringContent(
            """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"}],"stream":""" + (stream ? "true}" : "false}"), Encoding.UTF8, "application/json"));

        var said = await answer.Content.ReadAsStringAsync();
        Assert.Contains(
            stream
                ? "\"usage\":{\"input_tokens\":100,\"cache_creation_input_tokens\":40,\"cache_read_input_tokens\":60,\"output_tokens\":0}}}"
                : """ "content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"t","signature":"S"}],""".Trim(),
            said, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic_", said, StringComparison.Ordinal);
    }

    /// <summary>Anthropic's fallbacks are no models of the gateway's; what else the two tell each other goes through as well.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatOnlyTheTwoOfThemUnderstand_PassesThrough(bool stream)
    {
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":1,"service_tier":"standard"}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null,"encrypted_content":null}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"s","encrypted_content":"E"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"direct"}}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use","container":{"id":"c"}},"usage":{"output_tokens":3}}""",
            """{"type":"message_stop"}""",
        ];
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(string.Concat(events.Select(e => $"data: {e}\n\n")), "text/event-stream"));
        await using var gateway = await TestGateway.StartAsync(Config(backend));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent(
                """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"system","content":[{"type":"tool_removal","tool":{"type":"tool_reference","name":"f"}}]}],"fallbacks":[{"model":"claude-of-theirs"}],"stream":"""
                + (stream ? "true}" : "false}"), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("anthropic-beta", "server-side-fallback-2026-07-01");

        var answer = await gateway.Http.SendAsync(request);

        var said = await answer.Content.ReadAsStringAsync();
        Assert.Equal(200, (int)answer.StatusCode);
        var asked = Encoding.UTF8.GetString(backend.Requests.Single(r => r.Method == "POST").Body);
        Assert.Contains("""{"role":"system","content":[{"type":"tool_removal","tool":{"type":"tool_reference","name":"f"}}]}""", asked, StringComparison.Ordinal);
        Assert.Contains("\"fallbacks\":[{\"model\":\"claude-of-theirs\"}]", asked, StringComparison.Ordinal);
        Assert.Contains(
            stream ? "\"delta\":{\"type\":\"compaction_delta\",\"content\":\"s\",\"encrypted_content\":\"E\"}" : """{"type":"compaction","content":"s","encrypted_content":"E"}""", said, StringComparison.Ordinal);
        Assert.Contains("\"caller\":{\"type\":\"direct\"}", said, StringComparison.Ordinal);
        Assert.Contains("\"container\":{\"id\":\"c\"}", said, StringComparison.Ordinal);
        Assert.Contains("\"service_tier\":\"standard\"", said, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic_", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/messages", true, """data: {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}}""")]
    [InlineData("/v1/messages", true, """data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""")]
    [InlineData("/v1/messages", false, """content":[{"type":"text","text":"a "},{"type":"text","text":"b","citations":[{"type":"char_location","cited_text":"b"},{"type":"page_location"}]},{"type":"text","text":" c"}]""")]
    [InlineData("/v1/chat/completions", true, """delta":{"provider_specific_fields":{"citation":{"type":"char_location","cited_text":"b"}}}""")]
    [InlineData("/v1/chat/completions", false, """content":"a b c","refusal":null,"provider_specific_fields":{"citations":[[{"type":"char_location","cited_text":"b"}],[{"type":"page_location"}]]}""")]
    public async Task WhereWordsAreFrom_IsTold(string path, bool stream, string expected)
    {
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a "}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"page_location"}}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":" c"}}""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""",
            """{"type":"message_stop"}""",
        ];
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(string.Concat(events.Select(e => $"data: {e}\n\n")), "text/event-stream"));
        await using var gateway = await TestGateway.StartAsync(Config(backend));

        var answer = await gateway.Http.PostAsync(path, new StringContent(
            """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"}],"stream":""" + (stream ? "true}" : "false}"), Encoding.UTF8, "application/json"));

        Assert.Contains(expected, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheServicesOwnToolsBring_ArrivesInAStream_AsAnthropicsClientsReadIt()
    {
        const string Found = """{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":"T","url":"u","encrypted_content":"E"}]}""";
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"x\"}"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":""" + Found + "}",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"a"}}""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""",
            """{"type":"message_stop"}""",
        ];
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(string.Concat(events.Select(e => $"data: {e}\n\n")), "text/event-stream"));
        await using var gateway = await TestGateway.StartAsync(Config(backend));

        Assert.Equal(
            [
                """{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"}}""",
                """{"type":"content_block_stop","index":0}""",
                """{"type":"content_block_start","index":1,"content_block":""" + Found + "}",
                """{"type":"content_block_stop","index":1}""",
                """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}""",
                """{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a"}}""",
                """{"type":"content_block_stop","index":2}""",
            ],
            (await SayAsync("/v1/messages")).Split('\n').Where(line => line.StartsWith("data: {\"type\":\"content_block", StringComparison.Ordinal)).Select(line => line["data: ".Length..]));
        Assert.DoesNotContain("anthropic_block", await SayAsync("/v1/chat/completions"), StringComparison.Ordinal);

        async Task<string> SayAsync(string path) => await (await gateway.Http.PostAsync(path, new StringContent(
            """{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"}],"stream":true}""", Encoding.UTF8, "application/json"))).Content.ReadAsStringAsync();
    }

    private static string Config(Receiver backend) => $$"""
        model_list:
          - model_name: claude
            litellm_params: {model: anthropic/claude-opus-4-6, api_key: sk-x, api_base: "{{backend.Address}}", extra_headers: {anthropic-beta: configured-1} }
          - model_name: gpt
            litellm_params: {model: openai/gpt, api_key: sk-x, api_base: "{{new Uri(backend.Address, "v1")}}" }

        """;
}
