namespace OrleansLlm.Upstream.Conformance;

/// <summary>Ids of tool calls where the service gives none: the next turn may go to OpenAI, which takes 40 characters.</summary>
public sealed class CallIdTests
{
    private const int OpenAisLimit = 40;

    [Theory]
    [InlineData("ollama", """{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}},{"function":{"name":"g","arguments":{}}}]},"done":true}""")]
    [InlineData("gemini", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}},{\"functionCall\":{\"name\":\"g\"}}]},\"finishReason\":\"STOP\"}]}\n\n")]
    [InlineData("gemini", "data: {\"candidates\":[{\"finishReason\":\"STOP\"},{\"index\":127,\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}},{\"functionCall\":{\"name\":\"g\"}}]},\"finishReason\":\"STOP\"}]}\n\n", 127)]
    [InlineData("anthropic", """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"f","input":{}}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"g","input":{}}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}}

        event: message_stop
        data: {"type":"message_stop"}


        """)]
    public async Task OurIdOfACall_IsShortEnoughForOpenAi_AndItsOwn(string provider, string answer, int choice = 0)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(answer);
        var request = harness.Request(provider, Harness.Say("hello")) with { CompletionId = "chatcmpl-28db074e0c80903b86f0da72c430a465" };

        var calls = (await harness.CollectAsync(request)).Gather().GetProperty("choices").EnumerateArray().Single(c => c.GetProperty("index").GetInt32() == choice)
            .GetProperty("message").GetProperty("tool_calls").EnumerateArray().Select(call => call.GetProperty("id").GetString()!).ToList();

        Assert.Equal(2, calls.Distinct().Count());
        Assert.All(calls, id => Assert.InRange(id.Length, 1, OpenAisLimit));
        Assert.All(calls, id => Assert.StartsWith("call_0c80903b86f0da72c430a465_", id, StringComparison.Ordinal));
    }
}
