using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

/// <summary>What backends send in odd pieces, and what the client of a response sees of it, live and stored.</summary>
public class OutputTests
{
    private static readonly InferenceCompleted Completed = new(3, 4, TimeSpan.Zero);
    private static readonly ResponseHead Head = new(ResponseKeys.Prefix + new string('0', 32), new NewResponse
    {
        User = "u",
        Model = "m",
        CreatedAt = 1,
        Request = ResponseEcho.Of(ResponseBody.Parse("{}"u8.ToArray()), store: true, conversation: null),
    });

    /// <summary>A service says what it wants beside its text, and a chunk wraps it once more.</summary>
    [Fact]
    public void WhatLiesDeepInAChunk_DoesNotHideItsText()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 500)) + string.Concat(Enumerable.Repeat("]", 500));
        var chunk = Encoding.UTF8.GetBytes($$$"""{"choices":[{"index":0,"delta":{"content":"Hi","beside":{{{deep}}} },"logprobs":{"content":{{{deep}}} }}]}""");
        var output = new Output(Head);
        output.Add(chunk);
        output.End(Completed);
        using var told = JsonDocument.Parse(ResponseJson.Of(Head, output.Status, output));
        Assert.Equal("Hi", told.RootElement.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    /// <summary>A chat counts places in its one text; a thought in between makes two messages of it here.</summary>
    [Fact]
    public void APlaceInTheChatsText_IsOneInTheItemsText()
    {
        static string Cites(int start, int end, string more = "") => Delta($$$"""{"annotations":[{"type":"url_citation","url_citation":{"start_index":{{{start}}},"end_index":{{{end}}},"url":"u"}}{{{more}}}]}""");
        var events = Tell([
            Cites(0, 1),
            Delta("""{"content":"\ud83d"}"""), Delta("""{"content":"\ude00b"}"""), Cites(0, 2, """,{"type":"file_citation"},5,{"type":"url_citation","url_citation":{"url":"u"}}"""),
            Delta("""{"reasoning_content":"t"}"""), Cites(0, 1),
            Delta("""{"content":"cd"}"""), Cites(2, 4), Cites(0, 2), Cites(4, 3)]);
        var messages = Output(events).Where(item => TypeOf(item) == "message").Select(item => item.GetProperty("content")[0].GetProperty("annotations").GetRawText());

        const string both = """[{"type":"url_citation","start_index":0,"end_index":2,"url":"u","title":""}]""";
        Assert.Equal([both, both], messages);
        Assert.Equal(2, events.Count(e => TypeOf(e) == "response.output_text.annotation.added"));
    }

    [Theory]
    [InlineData("Hé 😀 end", """Hé \ud83d""", """\ude00 end""")]
    [InlineData("a\n\"\\😀", """a\n\"\\\ud83d""", "", """\ude00""")]
    [InlineData("😀😀", """\ud83d""", """\ude00\ud83d""", """\ude00""")]
    [InlineData("a\uFFFD", """a\ud83d""")]
    [InlineData("\uFFFDb\uFFFDc", """\ude00b\ud83dc""")]
    [InlineData("\uFFFDb", """\ud83d""", "b")]
    public void ACharacterThatIsCutInTwo_IsWholeInTheDeltas(string expected, params string[] pieces)
    {
        var text = Tell(pieces.Select(piece => Delta($$"""{"content":"{{piece}}"}""")));
        Assert.Equal(expected, Deltas(text, "response.output_text.delta"));
        Assert.Equal(expected, text.Single(e => TypeOf(e) == "response.output_text.done").GetProperty("text").GetString());

        var call = Tell(pieces.Select(piece => Delta(Call("c", piece))));
        Assert.Equal(expected, Deltas(call, "response.function_call_arguments.delta"));
        Assert.Equal(expected, Output(call)[0].GetProperty("arguments").GetString());

        var thought = Tell(pieces.Select(piece => Delta($$"""{"reasoning_content":"{{piece}}"}""")).Append(Delta("""{"content":"x"}""")));
        Assert.Equal(expected, Deltas(thought, "response.reasoning_text.delta"));
    }

    [Fact]
    public void TheHalvesOfTwoCallsSideBySide_AreNotMixed()
    {
        var events = Tell([
            Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"\ud83d"}},{"index":1,"id":"b","function":{"name":"f","arguments":"x"}}]}"""),
            Delta("""{"tool_calls":[{"index":1,"function":{"arguments":"y"}},{"index":0,"function":{"arguments":"\ude00"}}]}""")]);

        Assert.Equal(["😀", "xy"], Output(events).Select(call => call.GetProperty("arguments").GetString()));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("x", "x")]
    public void CallsOfAWholeAnswer_AreCallsOfTheirOwn_WhateverTheirIds(string first, string second)
    {
        var calls = Stored($$$"""{"content":null,"tool_calls":[{"id":"{{{first}}}","function":{"name":"f","arguments":"{}"}},{"id":"{{{second}}}","function":{"name":"g","arguments":"{\"a\":1}"}}]}""");

        Assert.Equal(["f {}", "g {\"a\":1}"], calls.Select(call => $"{call.GetProperty("name").GetString()} {call.GetProperty("arguments").GetString()}"));
    }

    [Fact]
    public void AnEmptyThought_DoesNotHideOneByAnotherName() => Assert.Equal(
        "hm", Deltas(Tell([Delta("""{"reasoning_content":"","reasoning":"hm","content":""}""")]), "response.reasoning_text.delta"));

    /// <summary>A whole answer has its text before its calls: an item that a client names by its streamed id is still found.</summary>
    [Fact]
    public void TextAfterACall_HasTheSameIdsWhenItIsStored()
    {
        var streamed = Output(Tell([Delta(Call("a", "{}")), Delta("""{"content":"after"}"""), Delta("""{"tool_calls":[{"index":1,"id":"b","function":{"name":"f","arguments":"{}"}}]}""")]));
        var stored = Stored("""{"content":"after","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}}]}""");

        Assert.Equal(streamed.Select(item => item.GetRawText()).Order(StringComparer.Ordinal), stored.Select(item => item.GetRawText()).Order(StringComparer.Ordinal));
    }

    private static string Delta(string delta) => $$"""{"choices":[{"index":0,"delta":{{delta}}}]}""";

    private static string Call(string id, string arguments) => $$$"""{"tool_calls":[{"index":0,"id":"{{{id}}}","function":{"name":"f","arguments":"{{{arguments}}}"}}]}""";

    private static List<JsonElement> Tell(IEnumerable<string> chunks)
    {
        List<JsonElement> told = [];
        using var events = new ResponseEvents(Head, (_, _, json) => told.Add(JsonDocument.Parse(json.ToArray()).RootElement));
        foreach (var chunk in chunks) events.Chunk(Encoding.UTF8.GetBytes(chunk));
        events.Completed(Completed);
        return told;
    }

    private static List<JsonElement> Stored(string message)
    {
        var output = new Output(Head);
        output.Add(Encoding.UTF8.GetBytes($$"""{"choices":[{"index":0,"finish_reason":"stop","message":{{message}}}]}"""));
        output.End(Completed);
        return [.. JsonDocument.Parse(ResponseJson.Of(Head, output.Status, output)).RootElement.GetProperty("output").EnumerateArray()];
    }

    private static List<JsonElement> Output(List<JsonElement> events) => [.. events[^1].GetProperty("response").GetProperty("output").EnumerateArray()];

    private static string Deltas(List<JsonElement> events, string type) => string.Concat(events.Where(e => TypeOf(e) == type).Select(e => e.GetProperty("delta").GetString()));

    private static string TypeOf(JsonElement e) => e.GetProperty("type").GetString()!;
}
