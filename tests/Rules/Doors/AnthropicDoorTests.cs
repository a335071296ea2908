using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Tests.Rules.Doors;

public class AnthropicDoorTests
{
    public static TheoryData<string> Requests => [.. Golden.Cases("anthropic", "request.json")];

    public static TheoryData<string> Streams => [.. Golden.Cases("anthropic", "events.txt")];

    public static TheoryData<string> Wholes => [.. Golden.Cases("anthropic", "message.json")];

    [Theory]
    [MemberData(nameof(Requests))]
    public void ARequest_IsSaidInOpenAisWords_AndWhatIsLeftOutIsTold(string name)
    {
        var (said, dropped) = Translate(Golden.Read($"{name}/request.json"), DoorUnderTest.Facts("openai"));
        Golden.SameJson(Golden.Read($"{name}/openai.json"), said);
        Assert.Equal(Golden.Read($"{name}/dropped.txt").Trim(), string.Join(", ", dropped));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task AStream_IsTheEventsOfTheGoldenFile(string name)
    {
        var context = DoorUnderTest.Context();
        var said = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context), Golden.Lines($"{name}/chunks.ndjson"));
        Assert.Equal(Golden.Read($"{name}/events.txt"), said);
    }

    [Theory]
    [MemberData(nameof(Wholes))]
    public async Task AWholeAnswer_IsTheMessageOfTheGoldenFile(string name) => Assert.Equal(
        Golden.Read($"{name}/message.json").Trim(),
        Encoding.UTF8.GetString((await DoorUnderTest.WholeAsync(DoorUnderTest.Anthropic(DoorUnderTest.Context()), Golden.Bytes($"{name}/whole.json"))).Span));

    [Fact]
    public void AnthropicsOwnModels_GetItsOwnWords()
    {
        var (said, dropped) = Translate(Golden.Read("anthropic/agent/request.json"), DoorUnderTest.Facts("anthropic"));
        var body = JsonDocument.Parse(said).RootElement;
        Assert.Empty(dropped);
        Assert.Equal("adaptive", body.GetProperty("thinking").GetProperty("type").GetString());
        Assert.Equal("high", body.GetProperty("output_config").GetProperty("effort").GetString());
        Assert.True(body.TryGetProperty("context_management", out _));
        Assert.Equal("ephemeral", body.GetProperty("messages")[0].GetProperty("content")[0].GetProperty("cache_control").GetProperty("type").GetString());
        Assert.Equal("web_search_20250305", body.GetProperty("tools")[1].GetProperty("type").GetString());

        (said, _) = Translate(Golden.Read("anthropic/tools/request.json"), DoorUnderTest.Facts("anthropic"));
        var messages = JsonDocument.Parse(said).RootElement.GetProperty("messages");
        Assert.Equal("c2ln", messages[2].GetProperty("thinking_blocks")[0].GetProperty("signature").GetString());
        Assert.True(messages[4].GetProperty("is_error").GetBoolean());
    }

    /// <summary>Some servers say a thought by both of its names, and by one of them nothing.</summary>
    [Theory]
    [InlineData("""{"reasoning":"hm","reasoning_content":""}""")]
    [InlineData("""{"reasoning_content":"","reasoning":"hm"}""")]
    public async Task AThoughtByEitherName_IsTold(string said)
    {
        var context = DoorUnderTest.Context();
        var stream = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context), ["{\"choices\":[{\"index\":0,\"delta\":" + said + ",\"finish_reason\":\"stop\"}]}"]);
        Assert.Contains("\"thinking\":\"hm\"", stream, StringComparison.Ordinal);
        var whole = await DoorUnderTest.WholeAsync(DoorUnderTest.Anthropic(context), Encoding.UTF8.GetBytes("{\"choices\":[{\"message\":" + said + ",\"finish_reason\":\"stop\"}]}"));
        Assert.Contains("\"thinking\":\"hm\"", Encoding.UTF8.GetString(whole.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user", """{"type":"tool_result","tool_use_id":"t","content":"r",CACHE}""", """{"role":"tool","tool_call_id":"t","content":"r",CACHE}""")]
    [InlineData("user", """{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"r",CACHE}]}""", """{"role":"tool","tool_call_id":"t","content":"r",CACHE}""")]
    [InlineData("user", """{"type":"image","source":{"type":"url","url":"u"},CACHE}""", """{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"},CACHE}]}""")]
    [InlineData("user", """{"type":"document","source":{"type":"text","data":"d"},CACHE}""", """{"role":"user","content":[{"type":"text","text":"d",CACHE}]}""")]
    [InlineData("user", """{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},CACHE}""", """{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b",CACHE}]}""")]
    [InlineData("user", """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},CACHE}""", """{"role":"user","content":[{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,aGk="},CACHE}]}""")]
    [InlineData("assistant", """{"type":"tool_use","id":"t","name":"f","input":{},CACHE}""", """{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},CACHE}]}""")]
    [InlineData("assistant", """{"type":"text","text":"a"},{"type":"text","text":"b",CACHE}""", """{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b",CACHE}]}""")]
    public void APlaceToCacheUpTo_StaysWhereItIs_ForAnthropicsModelsAlone(string role, string blocks, string expected)
    {
        var cache = """
            "cache_control":{"type":"ephemeral"}
            """;
        var body = """{"model":"m","messages":[{"role":"ROLE","content":[BLOCKS]}]}""".Replace("ROLE", role).Replace("BLOCKS", blocks).Replace("CACHE", cache);

        var (said, _) = Translate(body, DoorUnderTest.Facts("anthropic"));
        Assert.Equal(expected.Replace("CACHE", cache), JsonDocument.Parse(said).RootElement.GetProperty("messages")[0].GetRawText());

        (said, _) = Translate(body, DoorUnderTest.Facts("openai"));
        Assert.DoesNotContain("cache_control", Encoding.UTF8.GetString(said.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"document","source":{"type":"text","data":"d"},"title":"t"}""", "messages.document.title")]
    [InlineData("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"t","context":"c","citations":{"enabled":true}}""", "messages.document.context, messages.document.citations")]
    [InlineData("""{"type":"document","source":{"type":"content","content":"d"},"citations":{"enabled":true},"cache_control":{"type":"ephemeral"}}""", "messages.document.citations")]
    public void ADocumentThatSaysMoreThanItsText_StaysAsItIs_OrWhatIsLostIsTold(string document, string expectedDropped)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":[{{document}},{{document}}]}]}""";

        var (said, dropped) = Translate(body, DoorUnderTest.Facts("anthropic"));
        Assert.Equal(document, JsonDocument.Parse(said).RootElement.GetProperty("messages")[0].GetProperty("content")[1].GetRawText());
        Assert.Empty(dropped);

        (said, dropped) = Translate(body, DoorUnderTest.Facts("openai"));
        Assert.DoesNotContain("citations", Encoding.UTF8.GetString(said.Span), StringComparison.Ordinal);
        Assert.Equal(expectedDropped, string.Join(", ", dropped));
    }

    private const string Thought = """{"type":"thinking","thinking":"t1","signature":"S1"}""";
    private const string Call = """{"type":"tool_use","id":"c","name":"f","input":{}}""";

    [Theory]
    [InlineData(Thought + """,{"type":"text","text":"a"},{"type":"text","text":"b"},""" + Call, false)]
    [InlineData(Thought + """,{"type":"text","text":"a"},{"type":"thinking","thinking":"t2","signature":"S2"},""" + Call, true)]
    [InlineData(Call + """,{"type":"text","text":"a"}""", true)]
    [InlineData("""{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}},{"type":"text","text":"a"}""", true)]
    [InlineData("""{"type":"text","text":"a","citations":[{"type":"web_search_result_location"}]}""", true)]
    [InlineData("""{"type":"text","text":"a","citations":null}""", false)]
    public void AnAnswerThatOpenAisWordsCannotHold_GoesOnAsItCame_ForAnthropicsModelsAlone(string blocks, bool isOwn)
    {
        var body = "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[" + blocks + "]}]}";

        var (said, dropped) = Translate(body, DoorUnderTest.Facts("anthropic"));
        var message = JsonDocument.Parse(said).RootElement.GetProperty("messages")[0];
        Assert.Equal(isOwn ? $"[{blocks}]" : null, message.TryGetProperty("anthropic_content", out var own) ? own.GetRawText() : null);
        Assert.Empty(dropped);

        Assert.DoesNotContain("anthropic_content", Encoding.UTF8.GetString(Translate(body, DoorUnderTest.Facts("openai")).Said.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAnswerInTwoKindsOfWords_CountsOnce()
    {
        var text = new string('x', 1000);
        var body = """{"model":"m","messages":[{"role":"assistant","content":[""" + Call + """,{"type":"text","text":" """ + text + "\"}]}]}";

        var (said, _) = Translate(body, DoorUnderTest.Facts("anthropic"));

        Assert.True(said.Length > 2000);
        Assert.InRange(ChatScanner.Scan(said.Span, FieldTable.Chat, isTranslated: true).PromptBytes, 1000, 1200);
    }

    [Fact]
    public void WhatAToolShows_StaysInItsResult_ForAnthropicsModels()
    {
        const string Body = """{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"r"},{"type":"image","source":{"type":"url","url":"u"}}]},{"type":"tool_result","tool_use_id":"b","content":[{"type":"tool_reference","tool_name":"f"}]}]}]}""";

        var (said, _) = Translate(Body, DoorUnderTest.Facts("anthropic"));

        Assert.Equal(
            """[{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"r"},{"type":"image_url","image_url":{"url":"u"}}]},{"role":"tool","tool_call_id":"b","content":[{"type":"tool_reference","tool_name":"f"}]}]""",
            JsonDocument.Parse(said).RootElement.GetProperty("messages").GetRawText());
    }

    [Fact]
    public void ToolsThatAClientsSearchHasFound_AreNamedToOtherModels()
    {
        const string Body = """{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"tool_reference","tool_name":"f"},{"type":"tool_reference","tool_name":"g \"h\""}]}]}]}""";

        var (said, _) = Translate(Body, DoorUnderTest.Facts("openai"));

        Assert.Equal(
            """[{"role":"tool","tool_call_id":"a","content":"The tool f can be called now.\nThe tool g \"h\" can be called now."}]""",
            JsonDocument.Parse(said).RootElement.GetProperty("messages").GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"document","source":{"type":"url","url":"https://example.org/a.pdf"}}""")]
    [InlineData("""{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"x"}],"citations":{"enabled":true}}""")]
    public void WhatOnlyClaudeCanRead_IsToldToIt(string block)
    {
        var (said, dropped) = Translate("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" + block + "]}]}", DoorUnderTest.Facts("anthropic"));

        Assert.Equal($"[{block}]", JsonDocument.Parse(said).RootElement.GetProperty("messages")[0].GetProperty("content").GetRawText());
        Assert.Empty(dropped);
    }

    [Fact]
    public void WhatAToolSaysBesides_IsKeptForAnthropicsModels_AndElsewhereTold()
    {
        var body = """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":{"type":"object"},"defer_loading":true,"input_examples":[{"a":1}]},{"name":"g","defer_loading":false}]}""";

        var (said, dropped) = Translate(body, DoorUnderTest.Facts("anthropic"));
        var tool = JsonDocument.Parse(said).RootElement.GetProperty("tools")[0];
        Assert.Equal(("true", """[{"a":1}]"""), (tool.GetProperty("defer_loading").GetRawText(), tool.GetProperty("input_examples").GetRawText()));
        Assert.Empty(dropped);

        Assert.Equal("tools.defer_loading, tools.input_examples", string.Join(", ", Translate(body, DoorUnderTest.Facts("openai")).Dropped));
    }

    [Theory]
    [InlineData("""{"type":"adaptive"}""", "high", "openai", null, null, "output_config.effort")]
    [InlineData("""{"type":"adaptive"}""", "high", "openai", """{"supports_reasoning":true}""", "high", "")]
    [InlineData("""{"type":"enabled","budget_tokens":1024}""", null, "openai", null, "low", "")]
    [InlineData("""{"type":"enabled","budget_tokens":30000}""", null, "openai", null, "high", "")]
    [InlineData("""{"type":"enabled"}""", "max", "openai", null, "max", "")]
    [InlineData("""{"type":"disabled"}""", null, "openai", null, null, "thinking")]
    [InlineData("""{"type":"disabled"}""", null, "ollama_chat", null, "none", "")]
    [InlineData("null", null, "ollama_chat", null, null, "")]
    public void AnEffort_IsPassedToAModelThatMayTakeOne(string thinking, string? effort, string provider, string? info, string? expected, string expectedDropped)
    {
        var config = effort is null ? "null" : $$"""{"effort":"{{effort}}"}""";
        var (said, dropped) = Translate(
            $$"""{"model":"m","messages":[{"role":"user","content":"x"}],"thinking":{{thinking}},"output_config":{{config}}}""", DoorUnderTest.Facts(provider, info));
        var body = JsonDocument.Parse(said).RootElement;
        Assert.Equal(expected, body.TryGetProperty("reasoning_effort", out var told) ? told.GetString() : null);
        Assert.Equal(expectedDropped, string.Join(", ", dropped));
    }

    [Theory]
    [InlineData("\"stop\",\"stop_reason\":\"STOP\"", "stop_sequence", "STOP")]
    [InlineData("\"stop\",\"stop_reason\":\"\\u000aB\"", "stop_sequence", "\nB")]
    [InlineData("\"stop\",\"stop_reason\":\"another\"", "end_turn", null)]
    [InlineData("\"stop\",\"stop_reason\":\"\\ud83d\"", "end_turn", null)]
    [InlineData("\"stop\",\"native_finish_reason\":\"pause_turn\"", "pause_turn", null)]
    [InlineData("\"length\",\"native_finish_reason\":\"model_context_window_exceeded\"", "model_context_window_exceeded", null)]
    [InlineData("\"stop\",\"native_finish_reason\":\"end_turn\"", "end_turn", null)]
    public async Task WhyAnAnswerEnded_IsToldInAnthropicsWords(string finish, string reason, string? sequence)
    {
        var context = DoorUnderTest.Context();
        var stream = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context), ["{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":" + finish + "}]}"]);
        var told = $"\"stop_reason\":\"{reason}\",\"stop_sequence\":{JsonSerializer.Serialize(sequence)}";
        Assert.Contains(told, stream, StringComparison.Ordinal);
        if (finish.Contains("ud83d", StringComparison.Ordinal)) return;
        var whole = await DoorUnderTest.WholeAsync(DoorUnderTest.Anthropic(context), Encoding.UTF8.GetBytes("{\"choices\":[{\"message\":{},\"finish_reason\":" + finish + "}]}"));
        Assert.Contains(told, Encoding.UTF8.GetString(whole.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages.0.content")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages.0.role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"video"}]}]}""", "messages.0.content.0.type")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages.0.content.0.text")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file"}}]}]}""", "messages.0.content.0.source.type")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_result"}]}]}""", "messages.0.content.0.tool_use_id")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"bash_20250124","name":"bash"},{"name":"a"}],"tool_choice":{"type":"tool","name":"bash"}}""", "tool_choice.name")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "stream")]
    public void AMistake_IsNamedByItsPlace(string body, string param)
    {
        var refused = Assert.Throws<RequestException>(() => Translate(body, DoorUnderTest.Facts("openai")));
        Assert.Equal((400, param), (refused.Error.Status, refused.Error.Param));
    }

    [Theory]
    [InlineData(401, null, 401, "authentication_error")]
    [InlineData(404, "model_not_found", 404, "not_found_error")]
    [InlineData(429, "rate_limit_exceeded", 429, "rate_limit_error")]
    [InlineData(429, "queue_full", 529, "overloaded_error")]
    [InlineData(503, "queue_timeout", 529, "overloaded_error")]
    [InlineData(500, null, 500, "api_error")]
    [InlineData(413, null, 413, "request_too_large")]
    [InlineData(422, null, 422, "invalid_request_error")]
    public void AnError_HasAnthropicsStatusAndType(int status, string? code, int expected, string type)
    {
        var error = new ApiError(status, "m", "t", code);
        Assert.Equal(expected, AnthropicErrors.Instance.StatusOf(error));
        Golden.SameJson(
            $$"""{"type":"error","error":{"type":"{{type}}","message":"m"},"request_id":"req_1"}""", AnthropicErrors.Instance.ToJson(error, DoorUnderTest.Context()));
    }

    /// <summary>How much to think is said in the words of every model, which its dialect fits to that Claude: the client may know another by that name.</summary>
    [Theory]
    [InlineData("""{"type":"adaptive"}""", null, "output_config.effort")]
    [InlineData("""{"type":"enabled","budget_tokens":1024}""", "low", "")]
    [InlineData("""{"type":"of_next_year"}""", null, "thinking")]
    public void ClaudeAtBedrock_IsToldToThink_InWordsThatFitIt(string thinking, string? effort, string left)
    {
        var (said, dropped) = Translate(
            $$$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"thinking":{{{thinking}}},"output_config":{"effort":"low"}}""", DoorUnderTest.Facts("bedrock"));
        var body = JsonElement.Parse(said.Span);
        Assert.False(body.TryGetProperty("thinking", out _));
        Assert.Equal(effort, body.TryGetProperty("reasoning_effort", out var told) ? told.GetString() : null);
        Assert.Equal(left, string.Join(", ", dropped));
    }

    private static (ReadOnlyMemory<byte> Said, List<string> Dropped) Translate(string body, ModelFacts facts)
    {
        var dropped = new List<string>();
        return (AnthropicToOpenAi.Translate(JsonDocument.Parse(body).RootElement, facts, dropped), dropped);
    }
}
