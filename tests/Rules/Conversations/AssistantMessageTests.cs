using System.Text;
using OrleansLlm.Grains.Conversations;

namespace OrleansLlm.Tests.Rules.Conversations;

public class AssistantMessageTests
{
    [Theory]
    [InlineData("""{"content":"yes","reasoning_content":"hm"}""", """{"role":"assistant","content":"yes"}""")]
    [InlineData("""{"content":null,"tool_calls":[{"id":"c"}]}""", """{"role":"assistant","tool_calls":[{"id":"c"}],"content":null}""")]
    [InlineData("""{"refusal":"no"}""", """{"role":"assistant","refusal":"no","content":null}""")]
    // No model takes back an assistant's message that has neither text nor calls.
    [InlineData("""{"reasoning_content":"hm"}""", """{"role":"assistant","content":""}""")]
    [InlineData("""{"content":null,"reasoning_content":"hm","tool_calls":[],"refusal":null}""", """{"role":"assistant","content":""}""")]
    public void AnAnswer_IsAMessageThatModelsTakeBack(string message, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(AssistantMessage.Of(Encoding.UTF8.GetBytes($$"""{"choices":[{"message":{{message}}}]}"""))!));
}
