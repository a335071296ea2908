using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Api.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

public class InputItemsTests
{
    private const string Picture = """{"type":"input_image","image_url":"data:image/png;base64,aGk="}""";
    private const string Shown = """{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}""";

    [Fact]
    public void APictureOfATool_IsAUsers_AfterAllResultsOfTheTurn() => Assert.Equal(
        [
            """{"role":"user","content":"look"}""",
            $$"""{"role":"assistant","content":null,"tool_calls":[{{Called("a")}},{{Called("b")}}]}""",
            """{"role":"tool","tool_call_id":"a","content":"left\nright"}""",
            """{"role":"tool","tool_call_id":"b","content":""}""",
            $$"""{"role":"user","content":[{{Shown}},{{Shown}}]}""",
            """{"role":"user","content":"well?"}""",
        ],
        Messages(
            """{"role":"user","content":"look"}""", Call("a"), Call("b"),
            Result("a", $$"""[{"type":"input_text","text":"left"},{{Picture}},{"type":"input_text","text":"right"}]"""), Result("b", $"[{Picture}]"),
            """{"role":"user","content":"well?"}"""));

    [Fact]
    public void PicturesOfTwoTurns_StandEachBehindItsOwn() => Assert.Equal(
        ["assistant", "tool", "user", "assistant", "tool", "user"],
        Messages(Call("a"), Result("a", $"[{Picture}]"), Call("b"), Result("b", $"[{Picture}]")).Select(m => (string)JsonNode.Parse(m)!["role"]!));

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("[]", "")]
    [InlineData("""[{"type":"output_text","text":"a"},{"type":"input_text","text":"b"}]""", "a\nb")]
    public void AResultOfTexts_IsOneText(string output, string expected) => Assert.Equal(
        [$$"""{"role":"tool","tool_call_id":"a","content":{{JsonSerializer.Serialize(expected)}}}"""], Messages(Result("a", output)));

    /// <summary>A model reads its own calls again, and writes the next as it finds them.</summary>
    [Fact]
    public void ACustomToolsText_IsEscapedNoMoreThanJsonNeeds()
    {
        var item = new JsonObject { ["type"] = "custom_tool_call", ["call_id"] = "a", ["name"] = "apply_patch", ["input"] = "+a \"b\" <é> 'c'\n" };
        Assert.Equal("""{"input":"+a \"b\" <é> 'c'\n"}""", (string)FunctionIn(item.ToJsonString())["arguments"]!);
    }

    [Theory]
    [InlineData("""{"type":"function_call","call_id":"a","namespace":"mcp__calc","name":"add","arguments":"{}"}""", "mcp__calc__add")]
    [InlineData("""{"type":"function_call","call_id":"a","namespace":"mcp__calc__","name":"add","arguments":"{}"}""", "mcp__calc__add")]
    [InlineData("""{"type":"custom_tool_call","call_id":"a","namespace":"functions","name":"exec","input":"x"}""", "exec")]
    [InlineData("""{"type":"function_call","call_id":"a","namespace":"a b","name":"é","arguments":"{}"}""", "a_b___")]
    public void ACallOfAToolInANamespace_IsAsItsModelKnowsIt(string item, string expected) =>
        Assert.Equal(expected, (string)FunctionIn(item)["name"]!);

    [Fact]
    public void ASearchForTools_IsACall_AndNamesWhatItHasFound()
    {
        const string call = """{"type":"tool_search_call","call_id":"a","execution":"client","arguments":{"query":"+"}}""";
        var result = JsonNode.Parse(Messages(call,
            """{"type":"tool_search_output","call_id":"a","execution":"client","tools":[{"type":"namespace","name":"mcp__calc","tools":[{"type":"function","name":"add"}]},{"type":"function","name":"now"}]}""")[1])!;
        Assert.Equal(("tool_search", """{"query":"+"}"""), ((string)FunctionIn(call)["name"]!, (string)FunctionIn(call)["arguments"]!));
        Assert.Equal(("tool", "a", """{"tools":["mcp__calc__add","now"]}"""), ((string)result["role"]!, (string)result["tool_call_id"]!, (string)result["content"]!));
    }

    /// <summary>A service has run it: nobody is asked about it again.</summary>
    [Fact]
    public void ASearchThatAServiceHasRun_IsNoMessage() => Assert.Empty(Messages(
        """{"type":"tool_search_call","call_id":null,"execution":"server","arguments":{}}""", """{"type":"tool_search_output","call_id":null,"execution":"server","tools":[]}"""));

    /// <summary>Up to where a prompt is to be cached stands at a part: it stays one for those who know the word, and is left out for all others.</summary>
    [Theory]
    [InlineData(true, """[{"role":"developer","content":[{"type":"text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"},"prompt_cache_breakpoint":{"mode":"explicit"}}]}]""")]
    [InlineData(false, """[{"role":"developer","content":"a"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]""")]
    public void APlaceToCacheUpTo_StaysForOpenAiAlone(bool known, string expected)
    {
        const string Items = """
            [{"role":"developer","content":[{"type":"input_text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]},
             {"role":"user","content":[{"type":"input_image","image_url":"u","prompt_cache_breakpoint":{"mode":"explicit"}}]}]
            """;
        var messages = InputItems.ToMessages(JsonNode.Parse(Items)!.AsArray(), "input", new Dictionary<string, JsonObject>(), known);
        Assert.Equal(expected, $"[{string.Join(',', messages.Select(m => m.ToJsonString()))}]");
    }

    private static JsonNode FunctionIn(string item) => JsonNode.Parse(Messages(item)[0])!["tool_calls"]![0]!["function"]!;

    private static string Call(string id) => $$"""{"type":"function_call","call_id":"{{id}}","name":"f","arguments":""}""";

    private static string Called(string id) => $$$"""{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":""}}""";

    private static string Result(string id, string output) => $$"""{"type":"function_call_output","call_id":"{{id}}","output":{{output}}}""";

    private static List<string> Messages(params string[] items) =>
        [.. InputItems.ToMessages(new JsonArray([.. items.Select(i => JsonNode.Parse(i))]), "input", new Dictionary<string, JsonObject>()).Select(m => m.ToJsonString())];
}
