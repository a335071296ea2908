using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Anthropic;

public sealed class AnthropicTests
{
    [Theory]
    [InlineData("", "/v1/messages")]
    [InlineData("/", "/v1/messages")]
    [InlineData("/v1", "/v1/messages")]
    [InlineData("/v1/", "/v1/messages")]
    [InlineData("/proxy/anthropic", "/proxy/anthropic/v1/messages")]
    [InlineData("/v1/messages", "/v1/messages")]
    public void TheBase_MayEndInItsVersionOrNot(string given, string expected) =>
        Assert.Equal(expected, AnthropicDialect.Under(new Uri("https://api.anthropic.com" + given), "messages").AbsolutePath);

    [Theory]
    [InlineData("overloaded_error", 529, true, false)]
    [InlineData("rate_limit_error", 429, true, false)]
    [InlineData("invalid_request_error", 400, false, true)]
    [InlineData("authentication_error", 401, false, false)]
    [InlineData("permission_error", 403, false, false)]
    [InlineData("not_found_error", 404, false, false)]
    [InlineData("request_too_large", 413, false, true)]
    [InlineData("timeout_error", 504, true, false)]
    [InlineData("api_error", 500, true, false)]
    [InlineData("something_new", null, true, false)]
    public async Task ErrorEvents_HaveTheStatusOfTheirType(string type, int? status, bool retryable, bool callerFault)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw($"event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"{type}\",\"message\":\"no\"}}}}\n\n");

        var (failure, _) = await harness.FailAsync(harness.Request("anthropic", Harness.Say("x")));

        Assert.Equal((FailureKind.ErrorEvent, "no", type, status, retryable, callerFault),
            (failure.Kind, failure.Message, failure.Type, failure.Status, failure.Retryable, failure.CallerFault));
    }

    /// <summary>Found by the fuzzer: within a chat's chunk it lies deeper than where it came from, and was more than a reader takes.</summary>
    [Fact]
    public void ARedactedThoughtWithDepthOfItsOwn_IsNone()
    {
        Assert.Contains("\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"Emw=\"}]", Told("\"Emw=\""), StringComparison.Ordinal);
        Assert.DoesNotContain("redacted", Told(new string('[', 55) + new string(']', 55)), StringComparison.Ordinal);

        static string Told(string data)
        {
            var chunks = new List<UpstreamChunk>();
            new AnthropicToOpenAi(Request("claude-opus-4-6", "[]"), new UpstreamReport(), Kept).Read(
                Encoding.UTF8.GetBytes("{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":" + data + "}}"), chunks);
            return string.Concat(chunks.Select(c => Encoding.UTF8.GetString(c.Json.Span)));
        }
    }

    [Theory]
    [InlineData("\"stop_sequence\",\"stop_sequence\":\"\\nEND\"", "\"finish_reason\":\"stop\",\"stop_reason\":\"\\nEND\"}")]
    [InlineData("\"stop_sequence\",\"stop_sequence\":null", "\"finish_reason\":\"stop\"}")]
    [InlineData("\"end_turn\",\"stop_sequence\":null", "\"finish_reason\":\"stop\"}")]
    [InlineData("\"pause_turn\",\"stop_sequence\":null", "\"finish_reason\":\"stop\",\"native_finish_reason\":\"pause_turn\"}")]
    [InlineData("\"model_context_window_exceeded\"", "\"finish_reason\":\"length\",\"native_finish_reason\":\"model_context_window_exceeded\"}")]
    public void WhyItStopped_IsToldInFull_StreamedAndWhole(string reason, string expected)
    {
        var (request, report) = (Request("claude-opus-4-6", "[]"), new UpstreamReport());
        var (streamed, whole) = (new List<UpstreamChunk>(), new List<UpstreamChunk>());

        new AnthropicToOpenAi(request, report, Kept).Read(Encoding.UTF8.GetBytes("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" + reason + "}}"), streamed);
        new WholeMessage(new AnthropicToOpenAi(request, report, Kept), request).Read(Encoding.UTF8.GetBytes("{\"content\":[],\"stop_reason\":" + reason + "}"), whole);

        Assert.Contains(expected, Encoding.UTF8.GetString(streamed[^1].Json.Span), StringComparison.Ordinal);
        Assert.Contains(expected, Encoding.UTF8.GetString(whole[^1].Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOverloadedService_IsStatus529()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 529, Body = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}""" });

        var (failure, _) = await harness.FailAsync(harness.Request("anthropic", Harness.Say("x")));

        Assert.Equal((529, "overloaded_error", "Overloaded", true), (failure.Status, failure.Type, failure.Message, failure.Retryable));
    }

    [Theory]
    [InlineData("claude-3-5-haiku-20241022", false, false)]
    [InlineData("claude-sonnet-4-20250514", false, false)]
    [InlineData("claude-opus-4", false, false)]
    [InlineData("claude-opus-4-1-20250805", true, false)]
    [InlineData("claude-sonnet-4-5", true, false)]
    [InlineData("claude-opus-4-6", true, true)]
    [InlineData("claude-sonnet-5", true, true)]
    [InlineData("claude-sonnet-4@20250514", false, false)]
    [InlineData("claude-opus-4@default", false, false)]
    [InlineData("claude-sonnet-4-5@20250929", true, false)]
    [InlineData("claude-opus-4-6@default", true, true)]
    [InlineData("my-own-name", true, true)]
    public void Generations_AreToldByTheName(string model, bool hasFormat, bool byEffort) =>
        Assert.Equal((hasFormat, byEffort), (ClaudeModels.HasOutputFormat(model), ClaudeModels.ThinksByEffort(model)));

    [Theory]
    [InlineData("claude-3-5-haiku-20241022", true)]
    [InlineData("claude-sonnet-4-20250514", true)]
    [InlineData("claude-opus-4-6", true)]
    [InlineData("claude-sonnet-4-6", true)]
    [InlineData("claude-haiku-4-5-20251001", true)]
    [InlineData("claude-opus-4-7", false)]
    [InlineData("claude-opus-4-8-20260601", false)]
    [InlineData("claude-sonnet-5", false)]
    [InlineData("claude-fable-5", false)]
    [InlineData("kimi-k2", true)]
    public void Sampling_IsSentToModelsThatTakeIt_AndIsLeftOutForTheNewest(string model, bool takes)
    {
        var (sent, report) = Translate(model, """[{"role":"user","content":"x"}],"temperature":0.5,"top_k":7""");

        Assert.Equal((takes, takes), (sent.TryGetProperty("temperature", out _), sent.TryGetProperty("top_k", out _)));
        Assert.Equal(takes ? [] : ["temperature", "top_k"], report.DroppedParameters);
    }

    [Theory]
    [InlineData(",\"reasoning_effort\":\"low\"", true)]
    [InlineData(",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}", true)]
    [InlineData(",\"thinking\":{\"type\":\"disabled\"}", false)]
    public void AModelThatThinks_IsNotToldHowToSample(string more, bool thinks)
    {
        var (sent, report) = Translate("claude-sonnet-4-5", """[{"role":"user","content":"x"}],"temperature":0.5,"top_k":7""" + more);

        Assert.Equal((!thinks, !thinks), (sent.TryGetProperty("temperature", out _), sent.TryGetProperty("top_k", out _)));
        Assert.Equal(thinks ? ["temperature", "top_k"] : [], report.DroppedParameters.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Sampling_ThatTheOperatorAllows_IsSent()
    {
        var report = new UpstreamReport();
        var request = Request("claude-opus-4-7", """[{"role":"user","content":"x"}],"temperature":0.5""") with { Parameters = new ParameterRules { Drop = false, Allowed = new HashSet<string> { "temperature" } } };

        Assert.Contains("\"temperature\":0.5", Encoding.UTF8.GetString(OpenAiToAnthropic.Translate(request, report).Span), StringComparison.Ordinal);
        Assert.Empty(report.DroppedParameters);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", ",\"reasoning_effort\":\"high\"", "{\"type\":\"enabled\",\"budget_tokens\":4096}", 8192)]
    [InlineData("claude-sonnet-4-5", ",\"reasoning_effort\":\"high\",\"max_tokens\":2000", "{\"type\":\"enabled\",\"budget_tokens\":1999}", 2000)]
    [InlineData("claude-sonnet-4-5", ",\"reasoning_effort\":\"high\",\"max_tokens\":100", null, 100)]
    [InlineData("claude-sonnet-4-5", ",\"reasoning_effort\":\"none\"", null, 4096)]
    [InlineData("claude-opus-4-6", ",\"reasoning_effort\":\"xhigh\"", "{\"type\":\"adaptive\"}", 4096)]
    [InlineData("claude-opus-4-6", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"reasoning_effort\":\"low\"", "{\"type\":\"enabled\",\"budget_tokens\":1024}", 5120)]
    [InlineData("claude-sonnet-4-5", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":10000}", "{\"type\":\"enabled\",\"budget_tokens\":10000}", 14096)]
    [InlineData("claude-sonnet-4-5", ",\"max_tokens\":12000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":10000}", "{\"type\":\"enabled\",\"budget_tokens\":10000}", 12000)]
    [InlineData("claude-opus-4-6", ",\"thinking\":{\"type\":\"adaptive\"}", "{\"type\":\"adaptive\"}", 4096)]
    [InlineData("claude-opus-4-6", ",\"thinking\":{\"type\":\"disabled\",\"budget_tokens\":9}", "{\"type\":\"disabled\",\"budget_tokens\":9}", 4096)]
    public void Thinking_IsAskedForInTheModelsWay(string model, string more, string? thinking, int maxTokens)
    {
        var (sent, _) = Translate(model, "[{\"role\":\"user\",\"content\":\"x\"}]" + more);

        Assert.Equal(thinking, sent.TryGetProperty("thinking", out var told) ? told.GetRawText() : null);
        Assert.Equal(maxTokens, sent.GetProperty("max_tokens").GetInt32());
    }

    [Theory]
    [InlineData("""[{"role":"assistant","content":"x \n"}]""", """[{"role":"assistant","content":[{"type":"text","text":"x"}]}]""")]
    [InlineData("""[{"role":"user","content":""},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"system","content":"s"},{"role":"user","content":"b"}]""", """[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"s"},{"type":"text","text":"b"}]}]""")]
    [InlineData("""[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"developer","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}},{"type":"text","text":" "}]}]""", """[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}]}]""")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"f"}}]},{"role":"system","content":"s"},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"u"},{"role":"tool","tool_call_id":"b","content":"2"}]""", """[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"}]},{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"2"}]},{"type":"text","text":"s"},{"type":"text","text":"u"}]}]""")]
    [InlineData("""[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}}]}]""", """[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"a.pdf"}]}]""")]
    [InlineData("""[{"role":"user","content":"a","cache_control":{"type":"ephemeral"}}]""", """[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]""")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"r"},{"type":"image_url","image_url":"data:image/png;base64,aGk="}]}]""", """[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"r"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]}]""")]
    [InlineData("""[{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"r","cache_control":{"type":"ephemeral"}}]}]""", """[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"r"}],"cache_control":{"type":"ephemeral"}}]}]""")]
    [InlineData("""[{"role":"tool","tool_call_id":"a","content":"r","cache_control":{"type":"ephemeral"}}]""", """[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"r"}],"cache_control":{"type":"ephemeral"}}]}]""")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]}]""", """[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{},"cache_control":{"type":"ephemeral"}}]}]""")]
    [InlineData("""[{"role":"assistant","content":"a","tool_calls":[],"anthropic_content":[{"type":"thinking","thinking":"t","signature":"S"},{"type":"text","text":" "},{"type":"tool_use","id":"c.1","name":"f","input":{},"caller":{"type":"direct"}},{"type":"text","text":"a "}]}]""", """[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"S"},{"type":"tool_use","id":"c_1","name":"f","input":{},"caller":{"type":"direct"}},{"type":"text","text":"a"}]}]""")]
    [InlineData("""[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"r"},{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"s"}]""", """[{"role":"assistant","content":[{"type":"tool_use","id":"call_function_1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_function_1","content":[{"type":"text","text":"r"}]}]},{"role":"assistant","content":[{"type":"tool_use","id":"call_function_3","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_function_3","content":[{"type":"text","text":"s"}]}]}]""")]
    public void Messages_AreSaidInTurnsAndBlocks(string messages, string expected) =>
        Assert.Equal(expected, Translate("claude-opus-4-6", messages).Sent.GetProperty("messages").GetRawText());

    /// <summary>Which tools there are from then on is said in the system's name alone; the tools' results go before it.</summary>
    [Fact]
    public void WhatTheSystemSaysInTheMiddle_IsSaidAsItCame()
    {
        const string Own = """{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_reference","name":"f"}}],"output_config":{"effort":"low"}}""";

        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"x"}]},""" + Own + """,{"role":"user","content":[{"type":"text","text":"y"},{"type":"mid_conv_system","content":[]}]}]""",
            Translate("claude-opus-4-6", """[{"role":"user","content":"x"},{"role":"system","content":"","anthropic_content":""" + Own + """},{"role":"user","content":[{"type":"text","text":"y"},{"type":"mid_conv_system","content":[]}]}]""")
                .Sent.GetProperty("messages").GetRawText());
    }

    [Theory]
    [InlineData("""{"role":"system","content":"","anthropic_content":{"role":"system","content":[ADDED]}}""", "", "\"required\"", """{"type":"any"}""")]
    [InlineData("""{"role":"user","content":[{"type":"mid_conv_system","content":[ADDED]}]}""", "\"tools\":[],", """{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false""", """{"type":"tool","name":"f","disable_parallel_tool_use":true}""")]
    [InlineData("""{"role":"user","content":[{"type":"mid_conv_system","content":[{"type":"tool_removal","tool":{"type":"tool_reference","name":"f"}}]}]}""", "", "\"auto\"", null)]
    [InlineData("""{"role":"user","content":"x"}""", "", "\"auto\"", null)]
    public void WhereToolsAreDefinedInTheMiddleAlone_TheyCanBeChosen(string message, string tools, string choice, string? expected)
    {
        message = message.Replace("ADDED", """{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"f","input_schema":{"type":"object"}}}}""");
        var (sent, _) = Translate("claude-opus-4-6", "[{\"role\":\"user\",\"content\":\"x\"}," + message + "]," + tools + "\"tool_choice\":" + choice);

        Assert.False(sent.TryGetProperty("tools", out _));
        Assert.Equal(expected, sent.TryGetProperty("tool_choice", out var chosen) ? chosen.GetRawText() : null);
    }

    [Fact]
    public void SystemTexts_StandApartAsLongAsNobodyHasSpoken() => Assert.Equal(
        """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""",
        Translate("claude-opus-4-6", """[{"role":"system","content":"a"},{"role":"developer","content":"b"},{"role":"user","content":"u"},{"role":"system","content":"c"}]""").Sent.GetProperty("system").GetRawText());

    [Theory]
    [InlineData("[5]", "messages[0]")]
    [InlineData("[{\"role\":\"x\",\"content\":\"\"}]", "messages[0].role")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]", "messages[0].content[0].type")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png,x\"}}]}]", "messages[0].content[0].image_url.url")]
    [InlineData("[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":5}}]}]", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("[{\"role\":\"tool\",\"content\":\"x\"}]", "messages[0].tool_call_id")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"n\":2", "n")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\"}]", "tools[0].function")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"maybe\"", "tool_choice")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"xml\"}", "response_format.type")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"much\"", "reasoning_effort")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":5", "stop")]
    public void WhatCannotBeSaid_IsTheCallersFaultWithItsPlace(string messages, string param)
    {
        var thrown = Assert.Throws<UpstreamException>(() => Translate("claude-opus-4-6", messages));
        Assert.Equal((400, param), (thrown.Failure.Status, thrown.Failure.Param));
    }

    [Fact]
    public void AFormatBesideTools_OnAnOldModel_IsLeftOutAndSaid()
    {
        var (sent, report) = Translate("claude-3-5-haiku-20241022", "[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"function\":{\"name\":\"f\"}}],\"response_format\":{\"type\":\"json_object\"}");
        Assert.Equal(["response_format"], report.DroppedParameters);
        Assert.Equal("f", sent.GetProperty("tools")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "", null)]
    [InlineData("claude-sonnet-4-5", ",\"thinking_blocks\":[]", null)]
    [InlineData("claude-sonnet-4-5", ",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"}]", "enabled")]
    [InlineData("claude-sonnet-4-5", ",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"}]", null)]
    [InlineData("claude-opus-4-6", "", "adaptive")]
    public void ABudget_IsNotAskedFor_WhereTheThoughtsBeforeACallAreLost(string model, string more, string? thinking)
    {
        var (sent, report) = Translate(model, "[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]" + more
            + "},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"r\"}],\"reasoning_effort\":\"high\"");

        Assert.Equal(thinking, sent.TryGetProperty("thinking", out var told) ? told.GetProperty("type").GetString() : null);
        Assert.Equal(thinking is null ? ["reasoning_effort"] : [], report.DroppedParameters);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "enabled", "", "", false)]
    [InlineData("claude-sonnet-4-5", "enabled", ",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"}]", "", true)]
    [InlineData("claude-sonnet-4-5", "enabled", ",\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"d\"}]", "", true)]
    [InlineData("claude-opus-4-6", "adaptive", "", "", true)]
    [InlineData("claude-opus-4-6", "adaptive", "", ",\"tool_choice\":\"required\"", false)]
    [InlineData("claude-opus-4-6", "disabled", "", ",\"tool_choice\":\"required\"", true)]
    [InlineData("claude-fable-5-1", "adaptive", "", ",\"tool_choice\":\"auto\"", true)]
    public void ThinkingThatTheClientAsksFor_IsLeftOutAndSaid_WhereClaudeRefusesIt(string model, string type, string thoughts, string more, bool goes)
    {
        var (sent, report) = Translate(model, "[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]" + thoughts
            + "},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"r\"}],\"temperature\":1,\"tools\":[{\"function\":{\"name\":\"f\"}}],\"thinking\":{\"type\":\"" + type + "\",\"budget_tokens\":2000}" + more);

        Assert.Equal(goes, sent.TryGetProperty("thinking", out _));
        Assert.Equal(goes, !report.DroppedParameters.Contains("thinking"));
        Assert.Equal(goes && type == "enabled" ? 6096 : 4096, sent.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public void ThinkingBesideATool_ThatIsTheAnswer_IsLeftOutAndSaid()
    {
        var (sent, report) = Translate("claude-3-7-sonnet-latest", """[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":2000},"response_format":{"type":"json_object"}""");

        Assert.Equal((true, false), (report.AnswerIsToolInput, sent.TryGetProperty("thinking", out _)));
        Assert.Equal(["thinking"], report.DroppedParameters);
    }

    /// <summary>They are of another model, and the signature that Claude looks for is empty.</summary>
    [Theory]
    [InlineData("claude-opus-4-6", "[{\"type\":\"text\",\"text\":\"a\"}]")]
    [InlineData("kimi-k2", "[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"},{\"type\":\"text\",\"text\":\"a\"}]")]
    public void ThoughtsWithoutASignature_AreNotToldToClaude(string model, string expected)
    {
        const string thought = """{"type":"thinking","thinking":"t","signature":""}""";
        string[] answers =
        [
            "{\"role\":\"assistant\",\"thinking_blocks\":[" + thought + "],\"content\":\"a\"}",
            "{\"role\":\"assistant\",\"content\":[" + thought + ",{\"type\":\"text\",\"text\":\"a\"}]}",
            "{\"role\":\"assistant\",\"anthropic_content\":[" + thought + ",{\"type\":\"text\",\"text\":\"a\"}]}",
        ];
        foreach (var answer in answers)
            Assert.Equal(expected, Translate(model, "[{\"role\":\"user\",\"content\":\"x\"}," + answer + ",{\"role\":\"user\",\"content\":\"y\"}]").Sent.GetProperty("messages")[1].GetProperty("content").GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,aGk="}}""", """{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"},"title":"a.txt"}""")]
    [InlineData("""{"type":"file","file":{"filename":"a.json","file_data":"data:application/json;charset=utf-8;base64,aGk="}}""", """{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"},"title":"a.json"}""")]
    [InlineData("""{"type":"file","file":{"filename":"a.png","file_data":"data:image/png;base64,aGk="},"cache_control":{"type":"ephemeral"}}""", """{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="},"cache_control":{"type":"ephemeral"}}""")]
    [InlineData("""{"type":"file","file":{"filename":"a.PDF","file_data":"aGk="}}""", """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"a.PDF"}""")]
    [InlineData("""{"type":"file","file":{"file_data":"JVBERi0="}}""", """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}""")]
    [InlineData("""{"type":"file","file":{"file_data":"https://x/a.pdf"}}""", """{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}""")]
    [InlineData("""{"type":"file","file":{"file_id":"https://x/a.pdf"}}""", """{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/jpg;base64,aGk="}}""", """{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"aGk="}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:application/pdf;base64,aGk="}}""", """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}}""")]
    public void Files_AreSaidByWhatTheyAre(string part, string expected) => Assert.Equal(
        "[" + expected + "]", Translate("claude-opus-4-6", """[{"role":"user","content":[""" + part + "]}]").Sent.GetProperty("messages")[0].GetProperty("content").GetRawText());

    [Theory]
    [InlineData("""{"filename":"a.zip","file_data":"data:application/zip;base64,aGk="}""")]
    [InlineData("""{"filename":"a.zip","file_data":"aGk="}""")]
    [InlineData("""{"file_data":"no base64"}""")]
    [InlineData("""{"file_id":"file-1"}""")]
    [InlineData("5")]
    public void AFileThatClaudeDoesNotTake_IsTheCallersFault(string file)
    {
        var thrown = Assert.Throws<UpstreamException>(() => Translate("claude-opus-4-6", """[{"role":"user","content":[{"type":"file","file":""" + file + "}]}]"));
        Assert.Equal((400, "messages[0].content[0].file.file_data"), (thrown.Failure.Status, thrown.Failure.Param));
    }

    [Fact]
    public void AnAnswerOfUnsignedThoughtsAlone_IsNoMessage()
    {
        var (sent, _) = Translate("claude-opus-4-6", """[{"role":"user","content":"x"},{"role":"assistant","thinking_blocks":[{"type":"thinking","thinking":"t"}]},{"role":"user","content":"y"}]""");

        Assert.Equal("""[{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}]""", sent.GetProperty("messages").GetRawText());
    }

    [Fact]
    public void WhatAToolSaysInAnthropicsWords_IsSaidToAnthropic()
    {
        var (sent, _) = Translate("claude-opus-4-6", """[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}},"defer_loading":true,"input_examples":[{"a":1}]}]""");

        Assert.Equal("""[{"name":"f","input_schema":{"type":"object"},"defer_loading":true,"input_examples":[{"a":1}]}]""", sent.GetProperty("tools").GetRawText());
    }

    [Fact]
    public void ALoginToken_IsABearerToken()
    {
        var report = new UpstreamReport();
        var request = Request("claude-opus-4-6", "[{\"role\":\"user\",\"content\":\"x\"}]") with { ApiKey = "sk-ant-oat01-x" };
        var said = new AnthropicDialect(Kept).Say(request, report);
        Assert.Null(said.KeyHeader);
        Assert.Equal("oauth-2025-04-20", said.Headers["anthropic-beta"]);
        Assert.Equal("x-api-key", new AnthropicDialect(Kept).Say(request with { ApiKey = "sk-ant-api03" }, report).KeyHeader);
    }

    [Theory]
    [InlineData("sk-ant-api03", null, null, null)]
    [InlineData("sk-ant-api03", "a-1, b-2", null, "a-1,b-2")]
    [InlineData("sk-ant-api03", null, "a-1,b-2", "a-1,b-2")]
    [InlineData("sk-ant-oat01-x", "b-2, a-1,", "a-1, oauth-2025-04-20,c-3", "oauth-2025-04-20,b-2,a-1,c-3")]
    public async Task BetaFlags_OfTheConfigurationAndTheClient_AreOneList(string key, string? configured, string? client, string? expected)
    {
        await using var recorder = await Recorder.StartAsync();
        await using var harness = await Harness.StartAsync();
        foreach (var provider in new[] { "anthropic", "openai" })
        {
            var request = harness.Request(provider, Harness.Say("x"), recorder.BaseAddress) with { ApiKey = key, AnthropicBeta = client };
            if (configured is not null) request = request with { Headers = new Dictionary<string, string> { ["Anthropic-Beta"] = configured, ["X-Team"] = "t" } };
            await harness.FailAsync(request);
        }

        var (anthropic, openAi) = (recorder.Requests.First(), recorder.Requests.Last());
        Assert.Equal(expected, anthropic.Headers.GetValueOrDefault("anthropic-beta"));
        Assert.Equal(configured is null ? null : "t", anthropic.Headers.GetValueOrDefault("x-team"));
        Assert.Equal(configured, openAi.Headers.GetValueOrDefault("anthropic-beta"));
    }

    [Theory]
    [InlineData("claude-sonnet-4-20250514", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":1}}}", false)]
    [InlineData("claude-opus-4-6", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":1}}}", true)]
    [InlineData("claude-opus-4-6", "{\"type\":\"object\",\"additionalProperties\":true}", false)]
    public void AStrictTool_IsStrictWhereModelAndSchemaAllowIt(string model, string schema, bool strict)
    {
        var (sent, report) = Translate(model, """[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":""" + schema + "}}]");

        var tool = sent.GetProperty("tools")[0];
        Assert.Equal(strict, tool.TryGetProperty("strict", out _));
        Assert.Equal(strict ? [] : ["tools.strict"], report.DroppedParameters);
        Assert.Equal(
            strict ? """{"type":"object","properties":{"a":{"type":"string","description":"{minLength: 1}"}},"additionalProperties":false}""" : schema,
            tool.GetProperty("input_schema").GetRawText());
    }

    [Fact]
    public void ToolsMoreThanMayBeStrict_AreNotStrict()
    {
        var tools = string.Join(',', Enumerable.Repeat("""{"function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}""", 21));
        var (sent, report) = Translate("claude-opus-4-6", "[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[" + tools + "]");

        Assert.All(sent.GetProperty("tools").EnumerateArray(), tool => Assert.False(tool.TryGetProperty("strict", out _)));
        Assert.Equal(["tools.strict"], report.DroppedParameters);
    }

    [Fact]
    public void ASchemaForTheAnswer_IsSaidInTheWordsThatClaudeTakes()
    {
        var (sent, report) = Translate("claude-opus-4-6", """[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}}}""");

        Assert.Equal(
            """{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer","description":"{minimum: 1}"}},"additionalProperties":false}}}""",
            sent.GetProperty("output_config").GetRawText());
        Assert.Empty(report.DroppedParameters);
    }

    [Theory]
    [InlineData("{\"type\":\"json_object\"}", "code fence around it.")]
    [InlineData("{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\"}}}", "JSON Schema:\n{\"type\":\"object\"}")]
    public void AnAnswerOfAnyObject_IsAskedForInTheSystemPrompt_BesideToolsAndThoughts(string format, string ending)
    {
        var (sent, report) = Translate("claude-opus-4-6", """[{"role":"system","content":"s"},{"role":"user","content":"x"}],"reasoning_effort":"high","tools":[{"function":{"name":"f"}}],"response_format":""" + format);

        Assert.Equal("s", sent.GetProperty("system")[0].GetProperty("text").GetString());
        Assert.EndsWith(ending, sent.GetProperty("system")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(("f", "adaptive", false, false),
            (sent.GetProperty("tools")[0].GetProperty("name").GetString(), sent.GetProperty("thinking").GetProperty("type").GetString(), sent.TryGetProperty("tool_choice", out _), report.AnswerIsToolInput));
        Assert.Empty(report.DroppedParameters);
    }

    [Theory]
    [InlineData("claude-opus-4-6", "\"required\"", "{\"type\":\"any\"}")]
    [InlineData("claude-fable-5-1", "\"required\"", "{\"type\":\"auto\"}")]
    [InlineData("claude-mythos-5-1", "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "{\"type\":\"auto\"}")]
    [InlineData("claude-fable-5-1", "\"none\"", "{\"type\":\"none\"}")]
    [InlineData("claude-opus-5-5", "\"required\"", "{\"type\":\"auto\"}")]
    [InlineData("claude-sonnet-5-5@20261001", "\"required\"", "{\"type\":\"auto\"}")]
    [InlineData("claude-opus-5", "\"required\"", "{\"type\":\"any\"}")]
    [InlineData("claude-haiku-5-5", "\"required\"", "{\"type\":\"any\"}")]
    public void AModelThatCannotBeForced_IsLeftTheChoice(string model, string choice, string expected)
    {
        var (sent, report) = Translate(model, """[{"role":"user","content":"x"}],"tools":[{"function":{"name":"f"}}],"tool_choice":""" + choice);

        Assert.Equal(expected, sent.GetProperty("tool_choice").GetRawText());
        Assert.Equal(expected.Contains("auto", StringComparison.Ordinal) ? ["tool_choice"] : [], report.DroppedParameters);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheBlocksOfAWholeAnswer_AreToldInTheirOrder_ToAClientOfAnthropics(bool speaks)
    {
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":6,"cache_creation_input_tokens":4}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"t\u00e9"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S1"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a\n"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"url":"u"}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":"t2","signature":"S2"}}""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}}""",
            """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"\"x\"}"}}""",
            """{"type":"content_block_stop","index":3}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""",
        ];
        var request = Request("claude-opus-4-6", "[]") with { SpeaksAnthropic = speaks, ClientStreams = false };
        var (answer, chunks) = (new AnthropicToOpenAi(request, new UpstreamReport(), Kept), new List<UpstreamChunk>());

        foreach (var one in events) answer.Read(Encoding.UTF8.GetBytes(one), chunks);

        var message = chunks.Gather().Message();
        Assert.Equal(
            speaks
                ? """[{"type":"thinking","thinking":"t\u00e9","signature":"S1"},{"type":"text","text":"a\nb","citations":[{"url":"u"}]},{"type":"thinking","thinking":"t2","signature":"S2"},{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":"x"}}]"""
                : null,
            message.TryGetProperty("anthropic_content", out var own) ? own.GetRawText() : null);
        Assert.Equal("a\nb", message.GetProperty("content").GetString());
        Assert.Equal(speaks, chunks[0].Raw().Contains(""","anthropic_usage":{"prompt_tokens":20,"cache_creation_input_tokens":4,"cache_read_input_tokens":6}}""", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatTheServicesOwnToolsAreAskedAndBring_IsToldInAStream_ToAClientOfAnthropics(bool speaks)
    {
        const string Found = """{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":"T","url":"u","encrypted_content":"E"}]}""";
        var deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));
        string[] events =
        [
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\":\"x\"}"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":""" + Found + "}",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"content_block_start","index":3,"content_block":{"type":"redacted_thinking","data":"R"}}""",
            """{"type":"content_block_stop","index":3}""",
            """{"type":"content_block_start","index":4,"content_block":{"type":"other","content":""" + deep + "}}",
            """{"type":"content_block_stop","index":4}""",
        ];
        var (answer, chunks) = (new AnthropicToOpenAi(Request("claude-opus-4-6", "[]") with { SpeaksAnthropic = speaks }, new UpstreamReport(), Kept), new List<UpstreamChunk>());

        foreach (var one in events) answer.Read(Encoding.UTF8.GetBytes(one), chunks);

        Assert.Equal(
            speaks ? ["""{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":"x"}}""", Found] : [],
            chunks.Select(c => JsonDocument.Parse(c.Json).RootElement.GetProperty("choices")[0].GetProperty("delta"))
                .Where(d => d.TryGetProperty("anthropic_block", out _)).Select(d => d.GetProperty("anthropic_block").GetRawText()));
        Assert.False(chunks.Gather().Message().TryGetProperty("anthropic_block", out _));
    }

    /// <summary>What OpenAI has no words for, of the message, its end and a call; what a conversation was summed up to is the delta's last word.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void WhatAnthropicTellsBesides_IsHandedOn_ToAClientOfAnthropics(bool speaks, bool streams)
    {
        string[] events =
        [
            """{"type":"message_start","message":{"id":"m","container":null,"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard","server_tool_use":null}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null,"encrypted_content":null}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"s\n","encrypted_content":"E"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"direct"}}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"compaction","stop_sequence":null,"container":{"id":"c"},"stop_details":null},"context_management":{"applied_edits":[]},"usage":{"output_tokens":3,"iterations":[{"type":"message"}]}}""",
            """{"type":"message_stop"}""",
        ];
        var (answer, chunks) = (new AnthropicToOpenAi(Request("claude-opus-4-6", "[]") with { SpeaksAnthropic = speaks, ClientStreams = streams }, new UpstreamReport(), Kept), new List<UpstreamChunk>());

        foreach (var one in events) answer.Read(Encoding.UTF8.GetBytes(one), chunks);

        var told = string.Concat(chunks.Select(c => c.Raw()));
        Assert.Equal(speaks, told.Contains(""","anthropic_start":{"usage":{"service_tier":"standard"}}""", StringComparison.Ordinal));
        Assert.Equal(speaks, told.Contains(""","anthropic_call":{"caller":{"type":"direct"}}}""", StringComparison.Ordinal));
        Assert.Equal(speaks, told.Contains(""","native_finish_reason":"compaction","anthropic_end":{"delta":{"container":{"id":"c"}},"context_management":{"applied_edits":[]},"usage":{"iterations":[{"type":"message"}]}}""", StringComparison.Ordinal));
        Assert.Equal(speaks, told.Contains("""{"type":"compaction","content":"s\n","encrypted_content":"E"}""", StringComparison.Ordinal));
        Assert.Contains("\"native_finish_reason\":\"compaction\"", told, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic_call", chunks.Gather().Message().GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAWholeMessageTellsBesides_IsHandedOn()
    {
        var (request, chunks) = (Request("claude-opus-4-6", "[]") with { SpeaksAnthropic = true, ClientStreams = false }, new List<UpstreamChunk>());

        new WholeMessage(new AnthropicToOpenAi(request, new UpstreamReport(), Kept), request).Read(
            """{"type":"message","id":"m","container":{"id":"c"},"content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard"}}"""u8, chunks);

        var told = string.Concat(chunks.Select(c => c.Raw()));
        Assert.Contains(""","anthropic_start":{"container":{"id":"c"}}""", told, StringComparison.Ordinal);
        Assert.Contains(""","anthropic_end":{"usage":{"service_tier":"standard"}}""", told, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatOnlyAnthropicReadsOfARequest_IsSaidToIt()
    {
        var (sent, report) = Translate("claude-opus-4-6", """[{"role":"user","content":"x"}],"diagnostics":{"previous_message_id":"m"},"fallback_credit_token":"t" """);

        Assert.Equal("t", sent.GetProperty("fallback_credit_token").GetString());
        Assert.Equal("""{"previous_message_id":"m"}""", sent.GetProperty("diagnostics").GetRawText());
        Assert.Empty(report.DroppedParameters);
    }

    /// <summary>In a body anybody could write them, whatever the key may use.</summary>
    [Theory]
    [InlineData("anthropic", "\"default\"", true, "")]
    [InlineData("anthropic", "", false, "anthropic_fallbacks")]
    [InlineData("azure_ai/claude", "\"default\"", false, "anthropic_fallbacks, fallbacks")]
    public void FallbacksOfItsOwn_AreToldAnthropicAlone_AndNeverOfABody(string provider, string fallbacks, bool told, string dropped)
    {
        var report = new UpstreamReport();
        var request = Request("claude-opus-4-6", """[{"role":"user","content":"x"}],"anthropic_fallbacks":[{"model":"other"}],"extra_body":{"anthropic_fallbacks":"default"}""") with
        {
            Provider = provider, AnthropicFallbacks = Encoding.UTF8.GetBytes(fallbacks),
        };
        using var sent = JsonDocument.Parse(OpenAiToAnthropic.Translate(request, report));
        Assert.Equal(told, sent.RootElement.TryGetProperty("fallbacks", out _));
        Assert.DoesNotContain("other", sent.RootElement.GetRawText(), StringComparison.Ordinal);
        if (told) Assert.Equal("default", sent.RootElement.GetProperty("fallbacks").GetString());
        else Assert.Equal(dropped, string.Join(", ", report.DroppedParameters.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void AThoughtWithANameThatNobodyCanRead_IsNone()
    {
        var chunks = new List<UpstreamChunk>();

        new AnthropicToOpenAi(Request("m", "[]"), new UpstreamReport(), Kept)
            .Read("""{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","\ud800":"E"}}"""u8, chunks);

        Assert.DoesNotContain(chunks, c => c.Raw().Contains("thinking_blocks", StringComparison.Ordinal));
    }

    [Fact]
    public void AServerThatBeginsWithNoCount_IsNotTakenAtItsWord()
    {
        var chunks = new List<UpstreamChunk>();

        new AnthropicToOpenAi(Request("m", "[]") with { SpeaksAnthropic = true }, new UpstreamReport(), Kept)
            .Read("""{"type":"message_start","message":{"usage":{"input_tokens":0,"output_tokens":0}}}"""u8, chunks);

        Assert.DoesNotContain("anthropic_usage", Assert.Single(chunks).Raw(), StringComparison.Ordinal);
    }

    private static KeptThoughts Kept => new(TimeProvider.System);

    private static (JsonElement Sent, UpstreamReport Report) Translate(string model, string messages)
    {
        var report = new UpstreamReport();
        return (JsonDocument.Parse(OpenAiToAnthropic.Translate(Request(model, messages), report)).RootElement, report);
    }

    private static UpstreamRequest Request(string model, string messages) => new()
    {
        Provider = "anthropic", ApiBase = new Uri("https://api.anthropic.com"), Model = model, PublicModel = "public",
        Body = Encoding.UTF8.GetBytes("{\"messages\":" + messages + "}"), CompletionId = "c", Created = 1,
    };
}
