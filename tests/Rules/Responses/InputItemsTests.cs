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

    private static string Call(string id) => $$"""{"type":"function_call","call_id":"{{id}}","name":"f","arguments":""}""";

    private static string Called(string id) => $$$"""{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":""}}""";

    private static string Result(string id, string output) => $$"""{"type":"function_call_output","call_id":"{{id}}","output":{{output}}}""";

    private static IEnumerable<string> Messages(params string[] items) =>
        InputItems.ToMessages(new JsonArray([.. items.Select(i => JsonNode.Parse(i))]), "input", new Dictionary<string, JsonObject>()).Select(m => m.ToJsonString());
}
