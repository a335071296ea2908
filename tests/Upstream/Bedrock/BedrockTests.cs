using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Bedrock;

/// <summary>What only Bedrock does; the rest is in the claims for every dialect, which ask it with a signature that the simulator checks.</summary>
public sealed class BedrockTests
{
    private const string Claude = "us.anthropic.claude-3-7-sonnet-20250219-v1:0";
    private const string EventStreamType = "application/vnd.amazon.eventstream";
    private const string Calls = """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"x"}""";
    private const string Tool = """{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}""";

    [Theory]
    [InlineData("token", null, null, null, null)]
    [InlineData(null, AwsAccount.AccessKeyId, AwsAccount.SecretAccessKey, null, null)]
    [InlineData(null, AwsAccount.AccessKeyId, AwsAccount.SecretAccessKey, "session", null)]
    [InlineData(null, AwsAccount.AccessKeyId, "another", null, 403)]
    [InlineData(null, "nobody", AwsAccount.SecretAccessKey, null, 403)]
    public async Task ARequest_IsSigned_OrHasAKey(string? key, string? id, string? secret, string? session, int? expected)
    {
        await using var harness = await Harness.StartAsync(Simulated());
        var request = harness.Request("bedrock", Harness.Say("hé")) with
        {
            // A colon in it is encoded, and encoded once more where it is signed.
            Model = Claude, ApiKey = key,
            Account = new UpstreamAccount { Location = "eu-central-1", Aws = id is null ? null : new AwsKeys(id, secret!, session) },
        };

        if (expected is null)
        {
            Assert.EndsWith("to: hé", (await harness.CollectAsync(request)).Text(), StringComparison.Ordinal);
            return;
        }

        var (failure, _) = await harness.FailAsync(request);
        Assert.Equal((FailureKind.Status, expected, false), (failure.Kind, failure.Status, failure.CallerFault));
    }

    [Fact]
    public async Task WithoutAnyKey_NothingIsSent()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("bedrock", Harness.Say("x")) with { Account = UpstreamAccount.None });

        Assert.Equal((500, "configuration_error", true), (failure.Status, failure.Type, failure.IsOwnWords));
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    /// <summary>AWS repeats in a refusal what it wanted to be signed.</summary>
    [Fact]
    public async Task ARefusedSignature_TellsNobodyTheKeys()
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("bedrock", Harness.Say("x")) with { Account = new UpstreamAccount { Location = "us-east-1", Aws = new AwsKeys(AwsAccount.AccessKeyId, "wrong-secret-key", "a-session-token") } };

        var (failure, _) = await harness.FailAsync(request);

        Assert.Contains("Canonical String", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a-session-token", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret-key", failure.Message, StringComparison.Ordinal);
        Assert.Equal("InvalidSignatureException", failure.Type);
    }

    [Theory]
    [InlineData(400, "ValidationException", "Input is too long for requested model.", 400, true, false)]
    [InlineData(400, "ValidationException", "The provided model identifier is invalid.", 404, false, false)]
    [InlineData(400, "ServiceQuotaExceededException", "too many", 429, false, true)]
    [InlineData(403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", 403, false, false)]
    [InlineData(404, "ResourceNotFoundException", "This model version has reached the end of its life.", 404, false, false)]
    [InlineData(408, "ModelTimeoutException", "The request took too long to process.", 408, false, true)]
    [InlineData(424, "ModelErrorException", "The request failed due to an error while processing the model.", 500, false, true)]
    [InlineData(429, "ThrottlingException", "Too many requests", 429, false, true)]
    [InlineData(429, "ModelNotReadyException", "The model is not ready", 429, false, true)]
    [InlineData(500, "InternalServerException", "oh", 500, false, true)]
    [InlineData(503, "ServiceUnavailableException", "later", 503, false, true)]
    [InlineData(529, null, "overloaded", 529, false, true)]
    [InlineData(424, null, "a proxy's", 500, false, true)]
    public async Task AnException_IsWhoseFaultItsNameSays(int status, string? name, string message, int expected, bool caller, bool retryable)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Status, Status = status, Body = new JsonObject { [name == "AccessDeniedException" ? "Message" : "message"] = message }.ToJsonString(),
            Headers = name is null ? null : new Dictionary<string, string> { ["x-amzn-ErrorType"] = name + ":http://internal.amazon.com/coral/" },
        });

        var (failure, _) = await harness.FailAsync(harness.Request("bedrock", Harness.Say("x")));

        Assert.Equal((expected, message, name, caller, retryable), (failure.Status, failure.Message, failure.Type, failure.CallerFault, failure.Retryable));
    }

    [Theory]
    [InlineData("throttlingException", """{"message":"Too many tokens, please wait before trying again."}""", 429)]
    [InlineData("validationException", """{"message":"no"}""", 400)]
    [InlineData("internalServerException", """{"message":"no"}""", 500)]
    [InlineData("serviceUnavailableException", """{"message":"no"}""", 503)]
    [InlineData("modelStreamErrorException", """{"message":"no"}""", 500)]
    [InlineData("modelStreamErrorException", """{"message":"no","originalMessage":"m","originalStatusCode":429}""", 429)]
    [InlineData("modelStreamErrorException", """{"message":"no","originalStatusCode":424}""", 500)]
    [InlineData("modelTimeoutException", """{"message":"no"}""", 408)]
    [InlineData("somethingNewException", """{"message":"no"}""", null)]
    [InlineData("throttlingException", "<html>", 429)]
    public async Task AnExceptionWithinAnAnswer_HasTheStatusThatItHasOutside(string name, string payload, int? status)
    {
        var (failure, before) = await AnswerAsync(
            [.. EventStreamWriter.Event("messageStart", """{"role":"assistant"}"""u8), .. EventStreamWriter.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"Hi"}}"""u8),
                .. EventStreamWriter.Exception(name, Encoding.UTF8.GetBytes(payload))]);

        Assert.Equal("Hi", before.Text());
        Assert.Equal((FailureKind.ErrorEvent, status, name, false), (failure!.Kind, failure.Status, failure.Type, failure.BeforeFirstToken));
    }

    /// <summary>It is told to clients, and stands in the log.</summary>
    [Fact]
    public async Task AnExceptionsName_IsAPlainWordAndNotLong()
    {
        var name = "a<b>\t" + new string('x', 5000);
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = "{\"message\":\"no\"}", Headers = new Dictionary<string, string> { ["x-amzn-ErrorType"] = name } });

        var (outside, _) = await harness.FailAsync(harness.Request("bedrock", Harness.Say("x")));
        var (within, _) = await AnswerAsync(EventStreamWriter.Exception(name, "{\"message\":\"no\"}"u8));
        var (ofTheStream, _) = await AnswerAsync(EventStreamWriter.Message(default, (":message-type", "error"), (":error-code", name), (":error-message", "no")));

        Assert.All([outside, within!, ofTheStream!], failure => Assert.Equal("ab" + new string('x', 98), failure.Type));
    }

    [Fact]
    public async Task AnErrorOfTheStreamItself_IsTold()
    {
        var (failure, _) = await AnswerAsync(EventStreamWriter.Message(default, (":message-type", "error"), (":error-code", "InternalError"), (":error-message", "An \"internal\" error")));

        Assert.Equal((FailureKind.ErrorEvent, "An \"internal\" error", "InternalError"), (failure!.Kind, failure.Message, failure.Type));
    }

    [Theory]
    [InlineData("end_turn", "stop", null)]
    [InlineData("max_tokens", "length", null)]
    [InlineData("stop_sequence", "stop", null)]
    [InlineData("content_filtered", "content_filter", null)]
    [InlineData("guardrail_intervened", "content_filter", "guardrail_intervened")]
    [InlineData("model_context_window_exceeded", "length", "model_context_window_exceeded")]
    [InlineData("malformed_tool_use", "stop", "malformed_tool_use")]
    [InlineData("something_new", "stop", "something_new")]
    public async Task AStopReason_IsOneOfOpenAis(string said, string expected, string? native)
    {
        var (failure, chunks) = await AnswerAsync([.. EventStreamWriter.Event("messageStop", Encoding.UTF8.GetBytes($$"""{"stopReason":"{{said}}"}""")), .. EventStreamWriter.Event("metadata", """{"usage":{}}"""u8)]);

        Assert.Null(failure);
        var choice = Assert.Single(chunks, chunk => chunk.FinishReason is not null).Json().GetProperty("choices")[0];
        Assert.Equal((expected, native), (choice.GetProperty("finish_reason").GetString(), choice.TryGetProperty("native_finish_reason", out var word) ? word.GetString() : null));
    }

    /// <summary>A model that says end_turn has called all the same; and an event, or a part of one, that is new is passed over.</summary>
    [Fact]
    public async Task ACall_IsTheReason_AndWhatIsNewIsPassedOver()
    {
        var (failure, chunks) = await AnswerAsync(EventStreamWriter.Lines("""
            messageStart {"role":"assistant"}
            somethingNew {"x":[1]}
            contentBlockStart {"contentBlockIndex":0,"start":{"toolResult":{"toolUseId":"t"}}}
            contentBlockDelta {"contentBlockIndex":0,"delta":{"toolResult":[{"text":"x"}]}}
            contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"name":"f","toolUseId":"t1"}}}
            contentBlockStop {"contentBlockIndex":1}
            messageStop {"stopReason":"end_turn"}
            metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}
            """));

        Assert.Null(failure);
        Assert.Equal("tool_calls", chunks.Single(chunk => chunk.FinishReason is not null).FinishReason);
        Assert.Equal("{}", chunks.Gather().Message().GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAnswerThatIsNoUtf8_IsGarbled(bool whole)
    {
        byte[] text = [.. "{\"text\":\"a"u8, 0xFF, .. "\"}"u8];
        byte[] answer = whole
            ? [.. "{\"output\":{\"message\":{\"content\":["u8, .. text, .. "]}},\"stopReason\":\"end_turn\",\"usage\":{}}"u8]
            : [.. EventStreamWriter.Event("contentBlockDelta", [.. "{\"delta\":"u8, .. text, (byte)'}']), .. EventStreamWriter.Event("messageStop", "{\"stopReason\":\"end_turn\"}"u8)];

        var (failure, chunks) = await AnswerAsync(answer, whole ? "application/json" : EventStreamType);

        Assert.Equal(FailureKind.Garbled, failure!.Kind);
        Assert.Equal("", chunks.Text());
    }

    /// <summary>A line break would end the event that it is told in, and a name with half a character can be read by nobody.</summary>
    [Theory]
    [InlineData("{\n\"title\":\r\n\"t\"}", "{ \"title\":  \"t\"}")]
    [InlineData("{\"location\":{\"\\ud800\":1}}", null)]
    public async Task ACitation_IsToldOnOneLine_IfItCanBeRead(string citation, string? told)
    {
        var (failure, chunks) = await AnswerAsync(
        [
            .. EventStreamWriter.Event("contentBlockDelta", Encoding.UTF8.GetBytes("{\"delta\":{\"citation\":" + citation + "}}")),
            .. EventStreamWriter.Event("messageStop", "{\"stopReason\":\"end_turn\"}"u8), .. EventStreamWriter.Event("metadata", "{\"usage\":{}}"u8),
        ]);

        Assert.Null(failure);
        Assert.Equal(told, chunks.Select(chunk => chunk.Json().GetProperty("choices")[0].GetProperty("delta")).Where(delta => delta.TryGetProperty("provider_specific_fields", out _))
            .Select(delta => delta.GetProperty("provider_specific_fields").GetProperty("citation").GetRawText()).SingleOrDefault());
    }

    [Fact]
    public async Task CachedTokens_AreOfThePrompt()
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await ServerAsync(EventStreamWriter.Lines("""
            messageStop {"stopReason":"end_turn"}
            metadata {"usage":{"inputTokens":12,"outputTokens":5,"totalTokens":137,"cacheReadInputTokens":100,"cacheWriteInputTokens":20}}
            """));

        await harness.CollectAsync(harness.Request("bedrock", Harness.Say("x"), server.BaseAddress));

        Assert.Equal(new UpstreamUsage(132, 5, 137, Estimated: false) { CacheRead = 100, CacheWritten = 20 }, harness.Report.Usage);
    }

    /// <summary>Converse wants a tool wherever one was called, and has no word for calling none.</summary>
    [Theory]
    [InlineData("", "no_tool")]
    [InlineData($$""","tools":[{{Tool}}],"tool_choice":"none" """, "no_tool")]
    [InlineData($$""","tools":[{{Tool}}]""", "f")]
    public async Task AHistoryWithCalls_HasTools(string more, string expected)
    {
        var (body, dropped) = await SaidAsync(Claude, $$"""{"messages":[{"role":"user","content":"x"},{{Calls}}]{{more}}}""");

        Assert.Equal(expected, (string?)Assert.Single(body["toolConfig"]!["tools"]!.AsArray())!["toolSpec"]!["name"]);
        Assert.Empty(dropped);
    }

    [Fact]
    public async Task WithoutCalls_NoToolsAreToldWhereNoneMayBeCalled()
    {
        var (body, dropped) = await SaidAsync(Claude, $$"""{"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}],"tool_choice":"none"}""");

        Assert.Null(body["toolConfig"]);
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData(Claude, "\"required\"", """{"any":{}}""", "")]
    [InlineData(Claude, """{"type":"function","function":{"name":"f"}}""", """{"tool":{"name":"f"}}""", "")]
    [InlineData("amazon.nova-pro-v1:0", """{"type":"function","function":{"name":"f"}}""", """{"tool":{"name":"f"}}""", "")]
    [InlineData("mistral.mistral-large-2407-v1:0", "\"required\"", """{"any":{}}""", "")]
    [InlineData("mistral.mistral-large-2407-v1:0", """{"type":"function","function":{"name":"f"}}""", null, "tool_choice")]
    [InlineData("cohere.command-r-plus-v1:0", "\"required\"", null, "tool_choice")]
    [InlineData(Claude, "\"auto\"", null, "")]
    public async Task AToolChoice_IsToldToThoseWhoKnowTheWord(string model, string choice, string? expected, string dropped)
    {
        var (body, left) = await SaidAsync(model, $$"""{"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}],"tool_choice":{{choice}}}""");

        Assert.Equal(expected, body["toolConfig"]!["toolChoice"]?.ToJsonString());
        Assert.Equal(dropped, string.Join(',', left));
    }

    [Theory]
    [InlineData(Claude, "low", """{"thinking":{"type":"enabled","budget_tokens":1024}}""")]
    [InlineData("global.anthropic.claude-opus-4-6-v1", "xhigh", """{"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}}""")]
    [InlineData("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", "high", """{"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}}""")]
    [InlineData("openai.gpt-oss-120b-1:0", "xhigh", """{"reasoning_effort":"high"}""")]
    [InlineData("us.amazon.nova-2-lite-v1:0", "low", """{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}""")]
    [InlineData("amazon.nova-pro-v1:0", "low", null)]
    [InlineData("meta.llama3-3-70b-instruct-v1:0", "none", null)]
    public async Task AnEffort_IsSaidInTheMakersWords(string model, string effort, string? expected)
    {
        var (body, dropped) = await SaidAsync(model, $$"""{"messages":[{"role":"user","content":"x"}],"reasoning_effort":"{{effort}}"}""");

        Assert.Equal(expected, body["additionalModelRequestFields"]?.ToJsonString());
        Assert.Equal(expected is null && effort != "none", dropped.Contains("reasoning_effort"));
    }

    /// <summary>What its name does not say, model_info.base_model does.</summary>
    [Fact]
    public async Task AProfileOfOnesOwn_IsWhatItsBaseModelSays()
    {
        var (body, _) = await SaidAsync(
            "arn:aws:bedrock:us-east-1:1:application-inference-profile/a1", """{"messages":[{"role":"user","content":"x"}],"top_k":3}""", like: "bedrock/us.amazon.nova-pro-v1:0");

        Assert.Equal("""{"inferenceConfig":{"topK":3}}""", body["additionalModelRequestFields"]!.ToJsonString());
    }

    [Fact]
    public async Task FieldsOfTheModelsOwn_AreAdded_AndWin()
    {
        var (body, dropped) = await SaidAsync(
            Claude, """{"messages":[{"role":"user","content":"x"}],"top_k":3,"anthropic_beta":["a"],"additionalModelRequestFields":{"top_k":4,"x":{"y":1}},"performanceConfig":{"latency":"optimized"},"requestMetadata":{"a":"b"}}""");

        Assert.Equal("""{"top_k":4,"anthropic_beta":["a"],"x":{"y":1}}""", body["additionalModelRequestFields"]!.ToJsonString());
        Assert.Equal(("optimized", "b"), ((string?)body["performanceConfig"]!["latency"], (string?)body["requestMetadata"]!["a"]));
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData("", "configured")]
    [InlineData(",\"guardrailConfig\":null", "configured")]
    [InlineData(",\"extra_body\":{\"guardrailConfig\":null}", "configured")]
    [InlineData(",\"guardrailConfig\":{\"guardrailIdentifier\":\"own\"}", "configured")]
    [InlineData(",\"guardrailConfig\":{\"guardrailIdentifier\":\"own\"},\"allowed_openai_params\":[\"guardrailConfig\"]", "configured")]
    [InlineData(",\"additional_drop_params\":[\"guardrailConfig\"]", "configured")]
    public async Task AConfiguredGuardrail_IsNoClientsToChange(string more, string expected)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await ServerAsync(Nothing());
        await harness.CollectAsync(harness.Request("bedrock", Harness.Say("x", more), server.BaseAddress) with
        {
            Model = Claude, Defaults = new Dictionary<string, JsonElement> { ["guardrailConfig"] = JsonElement.Parse("{\"guardrailIdentifier\":\"configured\"}") },
        });

        Assert.Equal(expected, (string?)JsonNode.Parse(Assert.Single(server.Requests).Body)!["guardrailConfig"]!["guardrailIdentifier"]);
    }

    [Theory]
    [InlineData(",\"serviceTier\":{\"type\":\"priority\"},\"service_tier\":\"flex\"", "priority", "service_tier")]
    [InlineData(",\"serviceTier\":{\"type\":\"priority\"}", "priority", "")]
    [InlineData(",\"service_tier\":\"flex\"", "flex", "")]
    [InlineData("", "default", "")]
    public async Task ATier_IsSaidOnce_AndTheClientsOwnCounts(string more, string expected, string dropped)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await ServerAsync(Nothing());
        await harness.CollectAsync(harness.Request("bedrock", Harness.Say("x", more), server.BaseAddress) with
        {
            Model = Claude, Defaults = new Dictionary<string, JsonElement> { ["serviceTier"] = JsonElement.Parse("{\"type\":\"default\"}") },
        });

        var body = Assert.Single(server.Requests).Body;
        Assert.Equal(2, body.Split("\"serviceTier\"").Length);
        Assert.Equal(expected, (string?)JsonNode.Parse(body)!["serviceTier"]!["type"]);
        Assert.Equal(dropped, string.Join(',', harness.Report.DroppedParameters));
    }

    /// <summary>A model that cannot be told the format is made to call a tool that has it, if it can be, or asked in words.</summary>
    [Theory]
    [InlineData(Claude, "", "tool")]
    [InlineData(Claude, $$""","tools":[{{Tool}}]""", "words")]
    [InlineData("cohere.command-r-plus-v1:0", "", "words")]
    [InlineData("anthropic.claude-sonnet-4-5-20250929-v1:0", $$""","tools":[{{Tool}}]""", "format")]
    public async Task AFormat_IsAskedForAsTheModelKnowsIt(string model, string more, string expected)
    {
        var (body, _) = await SaidAsync(model, Harness.Say("x", ""","response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}""" + more));

        var way = body["outputConfig"] is not null ? "format" : (string?)body["toolConfig"]?["toolChoice"]?["tool"]?["name"] == "json_tool_call" ? "tool" : body["system"] is not null ? "words" : "none";
        Assert.Equal(expected, way);
    }

    [Fact]
    public async Task AForcedTool_IsTheAnswer()
    {
        await using var harness = await Harness.StartAsync(Simulated());

        var chunks = await harness.CollectAsync(harness.Request(
            "bedrock", Harness.Say("go", ""","response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}""")) with { Model = Claude });

        Assert.Equal(("""{"n":1}""", "stop"), (chunks.Text(), chunks[^1].FinishReason));
    }

    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/tiff;base64,aGk="}}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"type":"file","file":{"file_data":"data:application/zip;base64,aGk="}}""", "messages[0].content[0].file.file_data")]
    [InlineData("""{"type":"file","file":{"file_data":"https://a.example/b.pdf"}}""", "messages[0].content[0].file.file_data")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}}""", "messages[0].content[0].type")]
    public async Task WhatBedrockDoesNotTake_IsRefusedByName(string part, string param)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("bedrock", "{\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]}"));

        Assert.Equal((param, true), (failure.Param, failure.CallerFault));
    }

    [Theory]
    [InlineData("{\"type\":\"image_url\",\"image_url\":{\"url\":\"s3://bucket/p.png\"}}", "messages[0].content[0].image_url.url")]
    [InlineData("{\"type\":\"file\",\"file\":{\"file_data\":\"S3://bucket/Report.docx\"}}", "messages[0].content[0].file.file_data")]
    [InlineData("{\"type\":\"file\",\"file\":{\"file_id\":\"s3://bucket/Report.pdf\"}}", "messages[0].content[0].file.file_data")]
    public async Task AnAddressInS3_IsRefused_SinceTheGatewaysKeyWouldReadIt(string part, string param)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("bedrock", "{\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]}"));

        Assert.Equal((param, $"{param} must be a data: URI: nothing is fetched from an address.", true), (failure.Param, failure.Message, failure.CallerFault));
        Assert.Equal(0, harness.Server.Stats.Requests);
    }

    /// <summary>Names of documents must differ, and may have few signs in them.</summary>
    [Fact]
    public async Task Files_HaveNamesAndFormats()
    {
        var (body, _) = await SaidAsync(Claude, """
            {"messages":[{"role":"user","content":[{"type":"text","text":"x"},
            {"type":"file","file":{"filename":"a_b  c.csv","file_data":"data:application/octet-stream;base64,aGk="}},
            {"type":"file","file":{"filename":"a b c.csv","file_data":"data:text/csv;base64,aGk="}},
            {"type":"file","file":{"file_data":"data:text/x-python;base64,aGk="}},
            {"type":"file","file":{"file_data":"data:image/webp;base64,aGk="}}]}]}
            """);

        Assert.Equal(
            ["csv/a b c", "csv/a b c 2", "txt/document", "webp/"],
            body["messages"]![0]!["content"]!.AsArray().Skip(1).Select(block => block!["document"] ?? block["image"]).Select(file => $"{file!["format"]}/{file["name"]}"));
    }

    /// <summary>A long id is another one there, and the same wherever it stands.</summary>
    [Fact]
    public async Task IdsOfCalls_AreShortAndPlain()
    {
        var id = new string('é', 300);
        var (body, _) = await SaidAsync(Claude, $$"""{"messages":[{"role":"user","content":"x"},{{Calls.Replace("c1", id, StringComparison.Ordinal)}}]}""");

        var call = (string)body["messages"]![1]!["content"]![0]!["toolUse"]!["toolUseId"]!;
        Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", call);
        Assert.Equal(call, (string?)body["messages"]![2]!["content"]![0]!["toolResult"]!["toolUseId"]);
    }

    /// <summary>Models that know no such places refuse a request that has one.</summary>
    [Theory]
    [InlineData(Claude, 2)]
    [InlineData("amazon.nova-pro-v1:0", 2)]
    [InlineData("meta.llama3-3-70b-instruct-v1:0", 0)]
    public async Task CachePoints_AreForThoseWhoKnowThem(string model, int points)
    {
        var (body, _) = await SaidAsync(model, """
            {"messages":[{"role":"system","content":"s","cache_control":{"type":"ephemeral"}},{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"text","text":"y"}]}]}
            """);

        Assert.Equal(points, body.ToJsonString().Split("cachePoint").Length - 1);
    }

    /// <summary>A chat may go on with another model than it began with.</summary>
    [Theory]
    [InlineData(Claude, true)]
    [InlineData("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1", true)]
    [InlineData("amazon.nova-pro-v1:0", false)]
    [InlineData("openai.gpt-oss-120b-1:0", false)]
    public async Task SignedThoughts_AreForClaudeAlone(string model, bool sent)
    {
        var (body, _) = await SaidAsync(model, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"y\",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"}]},{\"role\":\"user\",\"content\":\"z\"}]}");

        Assert.Equal(sent ? 2 : 0, body["messages"]![1]!["content"]!.AsArray().Count(block => block!["reasoningContent"] is not null));
    }

    /// <summary>Claude thinks on after the result of a tool, also where the client has not kept what it thought.</summary>
    [Fact]
    public async Task SignedThoughts_ComeBackWithTheirCall()
    {
        await using var harness = await Harness.StartAsync(Simulated());
        var tools = ""","reasoning_effort":"low","tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object"}}}]""";
        var first = harness.Request("bedrock", Harness.Say("call get_weather", tools)) with { Model = Claude, Caller = "me" };
        var call = (await harness.CollectAsync(first)).Gather().Message().GetProperty("tool_calls")[0].GetRawText();

        foreach (var caller in new[] { "me", "another" })
        {
            await harness.CollectAsync(harness.Request("bedrock", "{\"messages\":[{\"role\":\"user\",\"content\":\"call get_weather\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" + call + "]},{\"role\":\"tool\",\"tool_call_id\":\""
                + JsonDocument.Parse(call).RootElement.GetProperty("id").GetString() + "\",\"content\":\"21\"}]" + tools + "}") with { Model = Claude, Caller = caller });
            Assert.Equal(caller == "me", harness.Server.Stats.Bodies[^1].Contains("sim-signature", StringComparison.Ordinal));
        }
    }

    /// <summary>Some models do not stream their calls: the answer comes in one piece then, whatever the client wants.</summary>
    [Fact]
    public async Task AModelThatDoesNotStreamCalls_IsAskedForTheWhole()
    {
        await using var harness = await Harness.StartAsync(Simulated());
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = """{"message":"This model doesn't support tool use in streaming mode."}""" });

        var chunks = await harness.CollectAsync(harness.Request("bedrock", Harness.Say("call f", $",\"tools\":[{Tool}]")) with { Model = Claude, ClientStreams = true });

        Assert.Equal("tool_calls", chunks[^1].FinishReason);
        Assert.Equal(2, harness.Server.Stats.Requests);
    }

    private static SimulatorOptions Simulated() => new() { Models = [Claude], Slots = 0 };

    /// <summary>What is said to Bedrock, and what is not.</summary>
    private static async Task<(JsonNode Body, List<string> Dropped)> SaidAsync(string model, string body, string? like = null)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await ServerAsync(Nothing());
        await harness.CollectAsync(harness.Request("bedrock", body, server.BaseAddress) with { Model = model, BaseModel = like });
        return (JsonNode.Parse(Assert.Single(server.Requests).Body)!, [.. harness.Report.DroppedParameters]);
    }

    private static byte[] Nothing() => EventStreamWriter.Lines("""
        messageStop {"stopReason":"end_turn"}
        metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}
        """);

    private static async Task<(UpstreamFailure? Failure, List<UpstreamChunk> Chunks)> AnswerAsync(byte[] answer, string type = EventStreamType)
    {
        await using var harness = await Harness.StartAsync();
        await using var server = await ServerAsync(answer, type);
        var chunks = new List<UpstreamChunk>();
        try
        {
            await foreach (var chunk in harness.Stream(harness.Request("bedrock", Harness.Say("x"), server.BaseAddress))) chunks.Add(chunk);
            return (null, chunks);
        }
        catch (UpstreamException failed)
        {
            return (failed.Failure, chunks);
        }
    }

    private static async Task<Recorder> ServerAsync(byte[] answer, string type = EventStreamType)
    {
        var server = await Recorder.StartAsync();
        server.Write = response =>
        {
            response.ContentType = type;
            return response.Body.WriteAsync(answer).AsTask();
        };
        return server;
    }
}
