using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Responses;

namespace OrleansLlm.Upstream.Responses;

/// <summary>How answers of the Responses API are read where they are not as usual. Whole exchanges are in the golden files.</summary>
public sealed class ResponsesAnswerTests
{
    private const string Done = "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n";

    /// <summary>Found by the fuzzer: within a chat's chunk it lies deeper than where it came from, and was more than a reader takes.</summary>
    [Fact]
    public void ACitationWithDepthOfItsOwn_HasNoneInTheChat()
    {
        var deep = new string('[', 55) + new string(']', 55);
        using var document = JsonDocument.Parse($$"""{"type":"url_citation","start_index":0,"end_index":2,"url":{{deep}},"title":"A","more":"x"}""");
        Assert.Equal("""{"type":"url_citation","url_citation":{"start_index":0,"end_index":2,"title":"A"}}""", Encoding.UTF8.GetString(ResponsesOutput.Citation(document.RootElement)!));
    }

    [Fact]
    public async Task WhatACacheHasReadAndWritten_IsToldAndCharged()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(Done.Replace("\"input_tokens\":1,\"output_tokens\":2", "\"input_tokens\":10,\"output_tokens\":2,\"input_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":4}"), "text/event-stream");

        var chunks = await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x")) with { ClientWantsUsage = true });

        Assert.Equal((3, 4), (harness.Report.Usage!.Value.CacheRead, harness.Report.Usage.Value.CacheWritten));
        Assert.Contains("\"prompt_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":4}", chunks[^1].Raw(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"no\",\"param\":null,\"sequence_number\":1}\n\n", 429, null, "rate_limit_exceeded", true, false)]
    [InlineData("data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"no\",\"param\":null}\n\n", 500, null, "server_error", true, false)]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\",\"message\":\"no\",\"param\":\"input\"}}\n\n", 400, "invalid_request_error", "context_length_exceeded", false, true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}}\n\n", 500, null, "server_error", true, false)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\",\"message\":\"no\"}}}\n\n", 400, null, "invalid_prompt", false, true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"image_too_large\",\"message\":\"no\"}}}\n\n", 400, null, "image_too_large", false, true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"something_new\",\"message\":\"no\"}}}\n\n", null, null, "something_new", true, false)]
    public async Task AnError_HasTheClassOfItsCode(string events, int? status, string? type, string code, bool retryable, bool callerFault)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(events, "text/event-stream");

        var (failure, _) = await harness.FailAsync(harness.Request("openai/responses", Harness.Say("x")));

        Assert.Equal(
            (FailureKind.ErrorEvent, "no", status, type, code, retryable, callerFault),
            (failure.Kind, failure.Message, failure.Status, failure.Type, failure.Code, failure.Retryable, failure.CallerFault));
    }

    [Theory]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":null}}\n\n", "text/event-stream", FailureKind.ErrorEvent)]
    [InlineData("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n", "text/event-stream", FailureKind.Truncated)]
    [InlineData("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\ndata: [DONE]\n\n", "text/event-stream", FailureKind.Truncated)]
    [InlineData("data: [1]\n\n", "text/event-stream", FailureKind.Garbled)]
    [InlineData("data: {\"type\":\"response.completed\",\"response\":5}\n\n", "text/event-stream", FailureKind.Garbled)]
    [InlineData("<html>busy</html>", "text/html", FailureKind.BadContentType)]
    [InlineData("{\"status\":\"queued\",\"output\":[]}", "application/json", FailureKind.Truncated)]
    [InlineData("{\"id\":\"c\",\"choices\":[]}", "application/json", FailureKind.Garbled)]
    [InlineData("[]", "application/json", FailureKind.Garbled)]
    [InlineData("{\"error\":{\"message\":\"no\"}}", "application/json", FailureKind.ErrorEvent)]
    [InlineData("{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"no\"},\"output\":[]}", "application/json", FailureKind.ErrorEvent)]
    public async Task WhatIsNoAnswer_IsAFailureOfTheService(string body, string type, FailureKind kind)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(body, type);

        var (failure, _) = await harness.FailAsync(harness.Request("openai/responses", Harness.Say("x")));

        Assert.Equal((kind, true), (failure.Kind, failure.Retryable));
    }

    [Theory]
    [InlineData("max_output_tokens", "length", false)]
    [InlineData("content_filter", "content_filter", false)]
    [InlineData("bored", "stop", true)]
    public async Task WhyItIsIncomplete_IsTheFinishReason(string reason, string expected, bool native)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"" + reason + "\"},\"output\":[]}}\n\n", "text/event-stream");

        var chunks = await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x")));

        Assert.Equal(expected, chunks[^1].FinishReason);
        Assert.Equal(native, chunks[^1].Raw().Contains("\"native_finish_reason\":\"bored\"", StringComparison.Ordinal));
        Assert.True(harness.Report.Usage!.Value.Estimated);
    }

    [Fact]
    public async Task CallsWhoseEventsAreMixed_KeepTheirOwnWords_AndOneThatIsToldAtItsEndAloneIsTold()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            """
            data: {"type":"response.output_item.added","output_index":3,"item":{"type":"function_call","call_id":"a","name":"f","arguments":""}}

            data: {"type":"response.output_item.added","output_index":5,"item":{"type":"function_call","call_id":"b","name":"g"}}

            data: {"type":"response.function_call_arguments.delta","output_index":5,"delta":"{\"y\""}

            data: {"type":"response.function_call_arguments.delta","output_index":3,"delta":"{\"x\":1}"}

            data: {"type":"response.function_call_arguments.delta","output_index":5,"delta":":2}"}

            data: {"type":"response.function_call_arguments.delta","output_index":9,"delta":"nobody's"}

            data: {"type":"response.output_item.done","output_index":5,"item":{"type":"function_call","call_id":"b","name":"g","arguments":"{\"y\":2}"}}

            data: {"type":"response.output_item.done","output_index":7,"item":{"type":"function_call","name":"h","arguments":"{\"z\":3}"}}


            """ + Done, "text/event-stream");

        var message = (await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x")))).Gather().Message();

        Assert.Equal(
            [("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":2}"), ("call_test_2", "h", "{\"z\":3}")],
            message.GetProperty("tool_calls").EnumerateArray().Select(c => (c.GetProperty("id").GetString(), c.GetProperty("function").GetProperty("name").GetString(), c.GetProperty("function").GetProperty("arguments").GetString())));
    }

    [Fact]
    public async Task CallsWithoutAnEnd_AreBounded()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            string.Concat(Enumerable.Range(0, 1001).Select(at => $"data: {{\"type\":\"response.output_item.added\",\"output_index\":{at},\"item\":{{\"type\":\"function_call\",\"name\":\"f\"}}}}\n\n")) + Done,
            "text/event-stream");

        var (failure, _) = await harness.FailAsync(harness.Request("openai/responses", Harness.Say("x")));

        Assert.Equal(FailureKind.TooLarge, failure.Kind);
    }

    [Fact]
    public async Task AnAnswerThatIsToldAtItsEndAlone_IsTold_AndOneThatWasToldIsNotToldAgain()
    {
        await using var harness = await Harness.StartAsync();
        const string end = """data: {"type":"response.completed","response":{"status":"completed","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"message","content":[{"type":"output_text","text":"all"}]}]}}""" + "\n\n";
        harness.AnswerRaw(end, "text/event-stream");
        harness.AnswerRaw("data: {\"type\":\"response.output_text.delta\",\"delta\":\"all\"}\n\n" + end, "text/event-stream");

        var (alone, both) = (await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x"))), await harness.CollectAsync(harness.Request("openai/responses", Harness.Say("x"))));

        Assert.Equal(("all", "hm", "all", ""), (alone.Text(), alone.Text("reasoning_content"), both.Text(), both.Text("reasoning_content")));
        Assert.Equal("assistant", both[0].Json().GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
    }
}
