using System.Text.Json;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>What Claude Code says in the middle of a conversation in the system's name: more than texts, where it believes that Claude listens.</summary>
public class SystemWordsTests
{
    private const string Added = """{"type":"tool_addition","tool":{"type":"tool_reference","name":"f"}}""";
    private const string Removed = """{"type":"tool_removal","tool":{"type":"tool_reference","name":"g"}}""";
    private const string OfAServer = """{"type":"tool_addition","tool":{"type":"mcp_toolset_reference","server_name":"s"}}""";
    private const string Defined = """{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"f","description":"new","input_schema":{"type":"object"}}}}""";
    private const string Text = """{"type":"text","text":"t"}""";

    [Theory]
    [InlineData("""{"role":"system","content":[TEXT,ADDED,REMOVED]}""")]
    [InlineData("""{"role":"system","content":"t","clear_at":"next_user_message"}""")]
    [InlineData("""{"role":"system","output_config":{"effort":"low"}}""")]
    public void AMessageOfTheSystems_ReachesClaudeAsItCame(string message)
    {
        message = Filled(message);
        var (said, dropped) = Translate(message, "anthropic");

        Assert.Equal(message, said.GetProperty("messages")[1].GetProperty(AssistantContent.Name).GetRawText());
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData("""{"role":"system","content":[TEXT]}""")]
    [InlineData("""{"role":"system","content":"t"}""")]
    public void AMessageOfTextsAlone_IsSaidInOpenAisWords(string message) => Assert.False(Translate(Filled(message), "anthropic").Said.GetProperty("messages")[1].TryGetProperty(AssistantContent.Name, out _));

    [Theory]
    [InlineData("""{"role":"system","content":[TEXT,ADDED,REMOVED]}""", """{"role":"system","content":[{"type":"text","text":"t"},{"type":"text","text":"The tool f can be called now."},{"type":"text","text":"The tool g can no longer be called."}]}""", "")]
    [InlineData("""{"role":"system","content":[SERVER,TEXT],"clear_at":"never","output_config":{"effort":"low"}}""", """{"role":"system","content":[{"type":"text","text":"t"}]}""", "messages.output_config, messages.clear_at, messages.tool_addition")]
    [InlineData("""{"role":"system","content":[SERVER]}""", null, "messages.tool_addition")]
    [InlineData("""{"role":"system","output_config":{}}""", null, "messages.output_config")]
    [InlineData("""{"role":"user","content":[{"type":"mid_conv_system","content":[TEXT,REMOVED],"cache_control":{"type":"ephemeral"}},TEXT]}""", """{"role":"user","content":[{"type":"text","text":"t"},{"type":"text","text":"The tool g can no longer be called."},{"type":"text","text":"t"}]}""", "")]
    [InlineData("""{"role":"user","content":[{"type":"mid_conv_system","content":[SERVER]}]}""", null, "messages.tool_addition")]
    public void OtherModels_ReadOfItWhatTheyCan(string message, string? expected, string left)
    {
        var (said, dropped) = Translate(Filled(message), "openai");

        var messages = said.GetProperty("messages");
        Assert.Equal(expected, messages.GetArrayLength() > 1 ? messages[1].GetRawText() : null);
        Assert.Equal(left, string.Join(", ", dropped));
    }

    [Fact]
    public void ABlockOfTheSystems_ReachesClaudeAsItCame_AndClaudeAtBedrockWithItsPlaceInTheCache()
    {
        var message = Filled("""{"role":"user","content":[{"type":"mid_conv_system","content":[TEXT,ADDED],"cache_control":{"type":"ephemeral"}}]}""");

        Assert.Equal(message, Translate(message, "anthropic").Said.GetProperty("messages")[1].GetRawText());
        Assert.Equal(
            """{"role":"user","content":[{"type":"text","text":"t"},{"type":"text","text":"The tool f can be called now.","cache_control":{"type":"ephemeral"}}]}""",
            Translate(message, "bedrock").Said.GetProperty("messages")[1].GetRawText());
    }

    [Theory]
    [InlineData("openai", """[{"name":"f","description":"old"},{"name":"h"}]""", "h, f new")]
    [InlineData("openai", "[]", "f new")]
    [InlineData("anthropic", """[{"name":"h"}]""", "h")]
    public void AToolThatIsDefinedThere_IsOneOfTheRequests_ButForClaude(string provider, string tools, string expected)
    {
        foreach (var message in new[] { """{"role":"system","content":[DEFINED]}""", """{"role":"user","content":[{"type":"mid_conv_system","content":[DEFINED]}]}""" })
        {
            var (said, _) = Translate(Filled(message), provider, tools);
            Assert.Equal(expected, string.Join(", ", said.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("function"))
                .Select(f => f.GetProperty("name").GetString() + (f.TryGetProperty("description", out var about) ? $" {about}" : ""))));
        }
    }

    [Theory]
    [InlineData("openai", true)]
    [InlineData("anthropic", false)]
    public void AToolThatIsDefinedThere_CanBeDemanded_AndItsNewestDefinitionCounts(string provider, bool isOneOfTheRequests)
    {
        var (said, _) = Translate(Filled("""{"role":"system","content":[DEFINED]},{"role":"system","content":[DEFINED]}"""), provider, """[],"tool_choice":{"type":"tool","name":"f"}""");

        Assert.Equal("f", said.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(isOneOfTheRequests ? 1 : 0, said.TryGetProperty("tools", out var tools) ? tools.GetArrayLength() : 0);
    }

    [Theory]
    [InlineData("""{"role":"system","content":[{"type":"image"}]}""", "messages.1.content.0.type")]
    [InlineData("""{"role":"system","content":[{"type":"tool_addition"}]}""", "messages.1.content.0.tool")]
    [InlineData("""{"role":"system"}""", "messages.1.content")]
    [InlineData("""{"role":"user","content":[{"type":"mid_conv_system"}]}""", "messages.1.content.0.content")]
    public void AMistake_IsNamedByItsPlace(string message, string param) =>
        Assert.Equal(param, Assert.Throws<RequestException>(() => Translate(message, "openai")).Error.Param);

    private static string Filled(string message) =>
        message.Replace("TEXT", Text).Replace("ADDED", Added).Replace("REMOVED", Removed).Replace("SERVER", OfAServer).Replace("DEFINED", Defined);

    private static (JsonElement Said, List<string> Dropped) Translate(string message, string provider, string tools = "[]")
    {
        var dropped = new List<string>();
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"x"},{{message}}],"tools":{{tools}}}""";
        var said = AnthropicToOpenAi.Translate(JsonDocument.Parse(body).RootElement, DoorUnderTest.Facts(provider), dropped);
        return (JsonElement.Parse(said.Span), dropped);
    }
}
