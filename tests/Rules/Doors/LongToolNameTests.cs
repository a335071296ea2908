using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Anthropic;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>OpenAI, Gemini and Bedrock take names of tools with up to 64 characters; Claude Code's servers have longer ones.</summary>
public class LongToolNameTests
{
    private static readonly string Long = "mcp__a-server-with-a-name__" + new string('x', 50);
    private static readonly string Fitted = Long[..55] + "_" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Long)))[..8];

    private static string Body => $$$"""
        {"model":"m","tools":[{"name":"{{{Long}}}"},{"name":"f"}],"tool_choice":{"type":"tool","name":"{{{Long}}}"},"messages":[
          {"role":"user","content":"x"},
          {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"{{{Long}}}","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"tool_reference","tool_name":"{{{Long}}}"}]},{"type":"tool_result","tool_use_id":"b","content":"r"}]}]}
        """;

    [Theory]
    [InlineData("openai", true)]
    [InlineData("bedrock", true)]
    [InlineData("anthropic", false)]
    public void ALongName_IsFitted_WhereverItStands_ButForClaude(string provider, bool isFitted)
    {
        var told = isFitted ? Fitted : Long;

        var said = JsonElement.Parse(AnthropicToOpenAi.Translate(JsonDocument.Parse(Body).RootElement, DoorUnderTest.Facts(provider), []).Span);

        Assert.Equal(64, Fitted.Length);
        Assert.Equal([told, "f"], said.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("function").GetProperty("name").GetString()));
        Assert.Equal(told, said.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
        Assert.Equal([told, "f"], said.GetProperty("messages")[1].GetProperty("tool_calls").EnumerateArray().Select(c => c.GetProperty("function").GetProperty("name").GetString()));
        if (isFitted) Assert.Contains($"The tool {told} can be called now.", said.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItsCall_HasTheClientsName_StreamedAndWhole()
    {
        using var body = JsonDocument.Parse(Body);
        var (asked, context) = (AskedOfClaude.In(body.RootElement), DoorUnderTest.Context());
        var calls = $$$"""[{"index":0,"id":"a","type":"function","function":{"name":"{{{Fitted}}}","arguments":"{}"}},{"index":1,"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]""";

        var stream = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context, asked), ["{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":" + calls + "},\"finish_reason\":\"tool_calls\"}]}"]);
        var whole = Encoding.UTF8.GetString((await DoorUnderTest.WholeAsync(
            DoorUnderTest.Anthropic(context, asked), Encoding.UTF8.GetBytes("{\"choices\":[{\"message\":{\"tool_calls\":" + calls + "},\"finish_reason\":\"tool_calls\"}]}"))).Span);

        foreach (var said in new[] { stream, whole })
        {
            Assert.Contains($"\"name\":\"{Long}\"", said, StringComparison.Ordinal);
            Assert.Contains("\"name\":\"f\"", said, StringComparison.Ordinal);
            Assert.DoesNotContain(Fitted, said, StringComparison.Ordinal);
        }
    }
}
