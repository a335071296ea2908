using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Providers.Responses;

namespace OrleansLlm.Upstream.Messages;

/// <summary>A search of the web that the service runs: how each dialect asks for it, and how what was found comes back.</summary>
public sealed class WebSearchTests
{
    private const string Asked = ""","web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"country":"DE","city":"K\u00f6ln"}}}""";
    private const string Function = ""","tools":[{"type":"function","function":{"name":"f"}}]""";

    [Theory]
    [InlineData("anthropic", "claude-sonnet-4-5", "", """[{"type":"web_search_20250305","name":"web_search","max_uses":1,"user_location":{"type":"approximate","city":"K\u00f6ln","country":"DE"}}]""")]
    [InlineData("openai/responses", "gpt-5-pro", "", """[{"type":"web_search","search_context_size":"low","user_location":{"type":"approximate","city":"K\u00f6ln","country":"DE"}}]""")]
    [InlineData("gemini", "gemini-2.5-flash", "", """[{"googleSearch":{}}]""")]
    [InlineData("gemini", "gemini-2.5-flash", ""","tools":[{"google_search":{}}]""", """[{"google_search":{}}]""")]
    [InlineData("vertex_ai", "gemini-2.5-flash", ""","tools":[]""", """[{"googleSearch":{}}]""")]
    public async Task ASearch_IsAskedForInTheDialectsWords(string provider, string model, string more, string tools)
    {
        await using var harness = await Harness.StartAsync();

        var (body, report) = Ask(harness, provider, model, Asked + more);

        Assert.Equal(tools, body.GetProperty("tools").GetRawText());
        Assert.Empty(report.DroppedParameters);
    }

    [Fact]
    public async Task BesideFunctions_ASearchIsOneMoreTool()
    {
        await using var harness = await Harness.StartAsync();

        var (claude, _) = Ask(harness, "anthropic", "claude-sonnet-4-5", Asked + Function);
        var (openAi, _) = Ask(harness, "openai/responses", "gpt-5-pro", Asked + Function);

        Assert.Equal(["f", "web_search"], claude.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        Assert.Equal(["function", "web_search"], openAi.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("type").GetString()));
    }

    /// <summary>Gemini refuses both; the functions are the client's own, and the model may do without a search.</summary>
    [Fact]
    public async Task BesideFunctions_GeminiDoesNotSearch()
    {
        await using var harness = await Harness.StartAsync();

        var (body, report) = Ask(harness, "gemini", "gemini-2.5-flash", Asked + Function);

        Assert.Equal("""[{"functionDeclarations":[{"name":"f"}]}]""", body.GetProperty("tools").GetRawText());
        Assert.Equal(["web_search_options"], report.DroppedParameters);
    }

    [Theory]
    [InlineData(""","tools":[{"type":"function","function":{"name":"web_search"}}]""")]
    [InlineData(""","tools":[{"type":"web_search_20250305","name":"web_search"}]""")]
    public async Task WhereClaudeHasAToolOfThatName_ThatIsTheOne(string tools)
    {
        await using var harness = await Harness.StartAsync();

        var (body, report) = Ask(harness, "anthropic", "claude-sonnet-4-5", Asked + tools);

        Assert.Equal(1, body.GetProperty("tools").GetArrayLength());
        Assert.Equal(["web_search_options"], report.DroppedParameters);
    }

    /// <summary>Older models say JSON as the input of a tool that they must call, which shuts a search out.</summary>
    [Fact]
    public async Task AFormatThatTakesATool_GoesBeforeASearch()
    {
        await using var harness = await Harness.StartAsync();

        var (body, report) = Ask(harness, "anthropic", "claude-3-5-sonnet-20241022", Asked + ""","response_format":{"type":"json_object"}""");

        Assert.Equal("json_tool_call", Assert.Single(body.GetProperty("tools").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(["web_search_options"], report.DroppedParameters);
    }

    [Theory]
    [InlineData(""","web_search_options":5""", "web_search_options")]
    [InlineData(""","web_search_options":{"search_context_size":"huge"}""", "web_search_options.search_context_size")]
    [InlineData(""","web_search_options":{"user_location":"here"}""", "web_search_options.user_location")]
    [InlineData(""","web_search_options":{"user_location":{"approximate":1}}""", "web_search_options.user_location.approximate")]
    public async Task WhatIsWrong_IsNamed(string options, string field)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("anthropic", Harness.Say("x", options)) with { Model = "claude-sonnet-4-5" });

        Assert.Equal((400, field, true), (failure.Status, failure.Param, failure.CallerFault));
    }

    [Fact]
    public async Task WhatClaudeHasFound_IsAnAnnotation_ByCharacters()
    {
        await using var harness = await Harness.StartAsync();
        string[] events =
        [
            """{"type":"message_start","message":{"usage":{"input_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ud83d\ude00\u00e9ö\n"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a","title":"A\ud800","cited_text":"c"}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","document_title":"D"}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"12"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"345"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""",
            """{"type":"message_stop"}""",
        ];
        harness.AnswerRaw(string.Concat(events.Select(one => $"data: {one}\n\n")));

        var message = (await harness.CollectAsync(harness.Request("anthropic", Harness.Say("x")))).Gather().Message();

        Assert.Equal("😀éö\n12345", message.GetProperty("content").GetString());
        Assert.Equal("""[{"type":"url_citation","url_citation":{"start_index":4,"end_index":9,"url":"https://a","title":"A\uFFFD"}}]""", message.GetProperty("annotations").GetRawText());
    }

    /// <summary>A line break would end the event that it is told in, and a name with half a character can be read by nobody.</summary>
    [Fact]
    public async Task WhatClaudeCites_IsToldOnOneLine_IfItCanBeRead()
    {
        await using var harness = await Harness.StartAsync();
        const string citation = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"citations_delta\",\"citation\":";
        harness.AnswerRaw(
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\n" +
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n" +
            citation + "{\ndata: \"url\":\"https://a\"}}}\n\n" +
            citation + "{\"url\":\"https://b\",\"x\":{\"\\ud800\":1}}}}\n\n" +
            "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"redacted_thinking\",\ndata: \"data\":\"d\"}}\n\n" +
            "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\n" +
            "data: {\"type\":\"message_stop\"}\n\n");

        var chunks = await harness.CollectAsync(harness.Request("anthropic", Harness.Say("x")));

        Assert.Equal(["{ \"url\":\"https://a\"}"], chunks.Select(chunk => chunk.Json().GetProperty("choices")[0].GetProperty("delta"))
            .Where(delta => delta.TryGetProperty("provider_specific_fields", out _)).Select(delta => delta.GetProperty("provider_specific_fields").GetProperty("citation").GetRawText()));
        Assert.Contains(chunks, chunk => chunk.Raw().Contains("redacted_thinking", StringComparison.Ordinal));
        Assert.All(chunks, chunk => Assert.DoesNotContain('\n', chunk.Raw()));
    }

    [Fact]
    public async Task WhatGoogleHasFound_IsAnAnnotation_ByCharactersInsteadOfBytes()
    {
        await using var harness = await Harness.StartAsync();
        const string grounds = """{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"web":{"uri":"https://b"}},{"other":1}],"groundingSupports":[{"segment":{"endIndex":3},"groundingChunkIndices":[0]},{"segment":{"startIndex":3,"endIndex":8},"groundingChunkIndices":[0,1,2,7]},{"segment":{"startIndex":3,"endIndex":99},"groundingChunkIndices":[0]},5]}""";
        harness.AnswerRaw(
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"thought\",\"thought\":true},{\"text\":\"éa\"}]},\"groundingMetadata\":" + grounds + "}]}\r\n\r\n" +
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"öb12\"}]},\"groundingMetadata\":" + grounds + ",\"finishReason\":\"STOP\"}]}\r\n\r\n");

        var message = (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x", Asked)))).Gather().Message();

        Assert.Equal(
            [(0, 2, "https://a", "A"), (2, 6, "https://a", "A"), (2, 6, "https://b", "")],
            message.GetProperty("annotations").EnumerateArray().Select(annotation => annotation.GetProperty("url_citation"))
                .Select(c => (c.GetProperty("start_index").GetInt32(), c.GetProperty("end_index").GetInt32(), c.GetProperty("url").GetString()!, c.GetProperty("title").GetString()!)));
    }

    /// <summary>In one pass the places are found where each of them by itself would be.</summary>
    [Fact]
    public void CharactersBeforeManyPlaces_AreThoseBeforeEach() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(50)).Select(_ => random.Next(4) switch { 0 => "a", 1 => "é", 2 => "€", _ => "😀" })));
        var places = Enumerable.Range(0, random.Next(100)).Select(_ => random.Next(-3, text.Length + 3)).ToList();

        var told = GroundedText.CharactersBefore(text, places);

        return told.OrderBy(one => one.Key).SequenceEqual(
            places.Where(place => place >= 0 && place <= text.Length).Distinct().Order().Select(place => KeyValuePair.Create(place, Citations.InUtf8(text.AsSpan(0, place)))));
    });

    /// <summary>A service that was not told to search is not listened to for it.</summary>
    [Fact]
    public async Task WithoutASearch_NothingIsCited()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ab\"}]},\"groundingMetadata\":{\"groundingChunks\":[{\"web\":{\"uri\":\"u\"}}],\"groundingSupports\":[{\"segment\":{\"endIndex\":1},\"groundingChunkIndices\":[0]}]},\"finishReason\":\"STOP\"}]}\r\n\r\n");

        Assert.False((await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Gather().Message().TryGetProperty("annotations", out _));
    }

    /// <summary>Each part of theirs is counted by itself; a chat has one text.</summary>
    [Fact]
    public async Task PlacesInASecondPart_AreThoseOfTheWholeText()
    {
        await using var harness = await Harness.StartAsync();
        string[] events =
        [
            """{"type":"response.created","response":{}}""",
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\u00e91"}""",
            """{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"234"}""",
            """{"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","start_index":1,"end_index":3,"url":"u","title":"t"}}""",
            """{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":1}}}""",
        ];
        harness.AnswerRaw(string.Concat(events.Select(one => $"data: {one}\n\n")));

        var message = (await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x")))).Gather().Message();

        Assert.Equal("""[{"type":"url_citation","url_citation":{"start_index":3,"end_index":5,"url":"u","title":"t"}}]""", message.GetProperty("annotations").GetRawText());
    }

    private static (JsonElement Body, UpstreamReport Report) Ask(Harness harness, string provider, string model, string more)
    {
        var (request, report) = (harness.Request(provider, Harness.Say("x", more)) with { Model = model }, new UpstreamReport());
        var body = provider switch
        {
            "anthropic" => OpenAiToAnthropic.Translate(request, report),
            "openai/responses" => OpenAiToResponses.Translate(request, report),
            _ => OpenAiToGemini.Translate(request, report),
        };
        return (JsonElement.Parse(body.Span), report);
    }
}
