using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Api.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

/// <summary>Thoughts that their model has signed: in an item of the answer, and from there back into the message that they came with.</summary>
public class SignedThoughtsTests
{
    private const string Block = """{"type":"thinking","thinking":"hm é","signature":"abc=="}""";
    private const string Redacted = """{"type":"redacted_thinking","data":"xyz"}""";
    private const string Call = """{"type":"function_call","call_id":"a","name":"f","arguments":"{}"}""";

    private static readonly InferenceCompleted Completed = new(3, 4, TimeSpan.Zero);

    /// <summary>A whole answer, and the same as a stream.</summary>
    [Theory]
    [InlineData("message", $$"""{"reasoning_content":"hm é","thinking_blocks":[{{Block}},{{Redacted}}],"content":"well"}""")]
    [InlineData("delta", """{"reasoning_content":"hm é"}""", $$"""{"thinking_blocks":[{{Block}}]}""", $$"""{"thinking_blocks":[{{Redacted}}]}""", """{"content":"well"}""")]
    public void SignedThoughts_ComeBackInTheMessageThatFollowsThem(string kind, params string[] pieces)
    {
        var items = Items(kind, pieces);
        Assert.Equal(["reasoning", "message"], items.Select(i => (string)i["type"]!));
        var messages = Messages([.. items, Parse(Call)]);
        Assert.Equal($"[{Block},{Redacted}]", Blocks(Assert.Single(messages)));
        Assert.NotNull(messages[0]["tool_calls"]);
    }

    [Fact]
    public void ThoughtsBeforeACall_AreOfItsMessage_AndOfNoOther()
    {
        var thought = Items("delta", $$"""{"thinking_blocks":[{{Block}}]}""")[0];
        var messages = Messages([Parse("""{"role":"user","content":"x"}"""), thought, Parse(Call), Parse("""{"type":"function_call_output","call_id":"a","output":"1"}"""), Parse("""{"role":"assistant","content":"y"}""")]);
        Assert.Equal([null, $"[{Block}]", null, null], messages.Select(Blocks));
    }

    /// <summary>A user's words are between: they were of an answer that broke off.</summary>
    [Fact]
    public void ThoughtsBeforeAUsersMessage_AreLost()
    {
        var thought = Items("delta", $$"""{"thinking_blocks":[{{Block}}]}""")[0];
        Assert.All(Messages([thought, Parse("""{"role":"user","content":"x"}"""), Parse(Call)]), m => Assert.Null(Blocks(m)));
    }

    [Fact]
    public void ThoughtsWithoutASignature_AreReadableOnly() =>
        Assert.Null(Items("delta", """{"reasoning_content":"hm"}""")[0]["encrypted_content"]);

    [Theory]
    [InlineData("gAAAAABo")]
    [InlineData("thoughts.!")]
    [InlineData("thoughts.e30=")]
    [InlineData("thoughts.Ww==")]
    [InlineData("thoughts.W3sidGhpbmtpbmciOiJcdWQ4MDAifV0=")]
    [InlineData("thoughts.WzEsIngiLHsiYSI6W119XQ==")]
    public void WhatIsNoneOfOurs_IsNotTold(string content) =>
        Assert.Empty(SignedThoughts.In(new JsonObject { ["type"] = "reasoning", ["encrypted_content"] = content }));

    private static List<JsonObject> Items(string kind, params string[] pieces)
    {
        var output = new Output(new ResponseHead(ResponseKeys.Prefix + new string('0', 32), new NewResponse
        {
            User = "u",
            Model = "m",
            CreatedAt = 1,
            Request = ResponseEcho.Of(ResponseBody.Parse("{}"u8.ToArray()), store: false, conversation: null),
        }));
        foreach (var piece in pieces) output.Add(Encoding.UTF8.GetBytes($$"""{"choices":[{"index":0,"{{kind}}":{{piece}}}]}"""));
        output.End(Completed);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (var item in output.Items) item.WriteTo(json);
            json.WriteEndArray();
        }

        return [.. JsonNode.Parse(stream.ToArray())!.AsArray().Select(i => (JsonObject)i!.DeepClone())];
    }

    private static List<JsonObject> Messages(List<JsonObject> items) => InputItems.ToMessages(new JsonArray([.. items]), "input", new Dictionary<string, JsonObject>());

    private static string? Blocks(JsonObject message) => message["thinking_blocks"] is { } blocks ? Encoding.UTF8.GetString(ResponsesToOpenAi.Utf8(blocks).Span) : null;

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
