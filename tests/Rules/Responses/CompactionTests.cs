using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

/// <summary>A conversation in few words: what of an answer is the summary, and how it comes back.</summary>
public class CompactionTests
{
    private static readonly InferenceCompleted Completed = new(3, 4, TimeSpan.Zero);

    [Fact]
    public void AnAnswersText_IsOneItem_WithoutThoughtsAndCalls()
    {
        var events = Tell(
            """{"reasoning_content":"hm"}""", """{"content":"All "}""", """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}""", """{"content":"of it é"}""");
        Assert.Equal(["response.created", "response.in_progress", "response.output_item.added", "response.output_item.done", "response.completed"], events.Select(e => e.GetProperty("type").GetString()!));
        var item = Assert.Single(events[^1].GetProperty("response").GetProperty("output").EnumerateArray());
        Assert.Equal("compaction", item.GetProperty("type").GetString());
        Assert.EndsWith("\n\nAll of it é", (string)Compaction.Message(item.GetProperty("encrypted_content").GetString()!)!["content"]!, StringComparison.Ordinal);
        Assert.False(events[^1].GetProperty("response").TryGetProperty(Compaction.Mark, out _));
    }

    /// <summary>Its client would go on from nothing.</summary>
    [Fact]
    public async Task AnAnswerWithoutText_IsAFailure()
    {
        var events = Tell("""{"reasoning_content":"hm"}""");
        Assert.Equal(("response.failed", "failed"), (events[^1].GetProperty("type").GetString(), events[^1].GetProperty("response").GetProperty("status").GetString()));
        using var form = new ResponsesForm(Head());
        var e = await Assert.ThrowsAsync<RequestException>(async () => await form.WholeAsync("""{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"""u8.ToArray(), Completed));
        Assert.Equal(502, e.Error.Status);
    }

    [Theory]
    [InlineData("gAAAAABo")]
    [InlineData("summary.!")]
    [InlineData("")]
    public void WhatAnotherServiceHasMade_IsNotRead(string content) => Assert.Null(Compaction.Message(content));

    private static List<JsonElement> Tell(params string[] deltas)
    {
        List<JsonElement> events = [];
        using var told = new ResponseEvents(Head(), (_, _, json) => events.Add(JsonElement.Parse(json)));
        told.Created();
        told.Started();
        foreach (var delta in deltas) told.Chunk(Encoding.UTF8.GetBytes($$"""{"choices":[{"index":0,"delta":{{delta}}}]}"""));
        told.Completed(Completed);
        return events;
    }

    private static ResponseHead Head() => new(ResponseKeys.Prefix + new string('0', 32), new NewResponse
    {
        User = "u",
        Model = "m",
        CreatedAt = 1,
        Request = ResponseEcho.Of(ResponseBody.Parse("{}"u8.ToArray()), store: false, conversation: null, compacts: "item"),
    });
}
