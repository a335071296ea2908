using System.Text.Json;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>An agent's loop: one task, and more calls than a conversation keeps.</summary>
public class LongTaskTests
{
    private const string Tools = """ "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{}}}]""";

    [Theory]
    [InlineData("previous_response_id")]
    [InlineData("conversation")]
    public async Task ATask_OutlivesTheBounds_ItsQuestionAndItsNewestCallsStay(string by)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "openai", options: "  conversations: {max_turns: 3}\n");
        var from = by == "conversation" ? $"\"conversation\":\"{IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"))}\"," : "";
        var input = """[{"role":"user","content":"the task: call get_weather"}]""";
        for (var step = 0; step < 8; step++)
        {
            var answer = await gateway.AskAsync($$"""{"model":"m",{{from}}{{Tools}},"input":{{input}}}""");
            var call = Assert.Single(answer.GetProperty("output").EnumerateArray());
            if (by != "conversation") from = $"\"{by}\":\"{IdOf(answer)}\",";
            var result = $$"""{"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"result {{step}}"}""";
            // The simulated model calls what a user names last.
            input = $$"""[{{result}},{"role":"user","content":"get_weather again"}]""";
        }

        using var body = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        var messages = body.RootElement.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(["user", "assistant", "tool", "user", "assistant", "tool", "user", "assistant", "tool", "user"], messages.Select(m => m.GetProperty("role").GetString()));
        Assert.Equal("the task: call get_weather", messages[0].GetProperty("content").GetString());
        Assert.Equal(["result 4", "result 5", "result 6"], messages.Where(m => m.TryGetProperty("tool_call_id", out _)).Select(m => m.GetProperty("content").GetString()));
        foreach (var (asked, told) in messages.Zip(messages.Skip(1)).Where(p => p.First.TryGetProperty("tool_calls", out _)))
        {
            Assert.Equal(asked.GetProperty("tool_calls")[0].GetProperty("id").GetString(), told.GetProperty("tool_call_id").GetString());
        }
    }

    [Fact]
    public async Task ResultsThatDoNotFit_AreRefusedBeforeAnybodyIsAsked()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "openai", options: "  conversations: {max_bytes: 2048}\n");
        var id = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"));
        var call = (await gateway.AskAsync($$"""{"model":"m","conversation":"{{id}}",{{Tools}},"input":"call get_weather {{new string('x', 500)}}"}""")).GetProperty("output")[0];
        var result = $$"""[{"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"{{new string('y', 1500)}}"}]""";
        var refused = await gateway.AskAsync($$"""{"model":"m","conversation":"{{id}}",{{Tools}},"input":{{result}}}""", status: 400);
        Assert.Equal("conversation_task_too_large", refused.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task AResponseTooLargeToGoOnFrom_SaysSo()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_bytes: 2048}\n");
        var large = IdOf(await gateway.AskAsync($$"""{"model":"m","max_output_tokens":2,"input":"{{new string('x', 2048)}}"}"""));
        var refused = await gateway.AskAsync($$"""{"model":"m","input":"x","previous_response_id":"{{large}}"}""", status: 400);
        Assert.Equal("previous_response_too_large", refused.GetProperty("error").GetProperty("code").GetString());
    }
}
