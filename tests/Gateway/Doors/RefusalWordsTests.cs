using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Every service has words of its own for what it refuses. A client mends its conversation only upon those that it knows.</summary>
public class RefusalWordsTests
{
    [Theory]
    [InlineData("openai", 400, """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"BadRequestError","code":400}}""", "This model's maximum context length is 8192 tokens.")]
    [InlineData("deepseek", 400, """{"error":{"message":"This model's maximum context length is 65536 tokens. However, you requested 70000 tokens.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", "you requested 70000 tokens.")]
    [InlineData("ollama_chat", 500, """{"error":"the input length exceeds the context length"}""", "the input length exceeds the context length")]
    [InlineData("gemini", 400, """{"error":{"code":400,"message":"The input token count (9) exceeds the maximum.","status":"INVALID_ARGUMENT"}}""", "The input token count (9) exceeds the maximum.")]
    [InlineData("anthropic", 400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 250000 tokens > 200000 maximum"}}""", "too long: 250000 tokens > 200000 maximum")]
    public async Task APromptThatIsTooLong_IsToldInTheWordsThatTheClientsOfADoorLookFor(string provider, int status, string body, string words)
    {
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(body, "application/json", statusCode: status));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            $"  - {{model_name: m, litellm_params: {{model: {provider}/m, api_base: \"{backend.Address}\", api_key: k}}}}\n", "router_settings: {num_retries: 0}\n"));

        var claude = await PostAsync("/v1/messages");
        var error = claude.Json.GetProperty("error");
        Assert.Equal((400, "invalid_request_error"), (claude.Status, error.GetProperty("type").GetString()));
        Assert.EndsWith(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("prompt is too long: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        var openAi = await PostAsync("/v1/chat/completions");
        Assert.Equal((400, "context_length_exceeded"), (openAi.Status, openAi.Json.GetProperty("error").GetProperty("code").GetString()));

        async Task<(int Status, JsonElement Json)> PostAsync(string path)
        {
            const string Body = """{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"}]}""";
            var answer = await gateway.Http.PostAsync(path, new StringContent(Body, Encoding.UTF8, "application/json"));
            return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
        }
    }

    /// <summary>Codex knows by an event alone that its context is full. Everybody else has the status.</summary>
    [Theory]
    [InlineData("codex_cli_rs", true, 200)]
    [InlineData("codex_cli_rs", false, 400)]
    [InlineData("other", true, 400)]
    public async Task Codex_IsToldInItsStreamThatThePromptIsTooLong(string originator, bool stream, int status)
    {
        await using var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text("""{"error":{"message":"This model's maximum context length is 8192 tokens."}}""", "application/json", statusCode: 400));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            $"  - {{model_name: m, litellm_params: {{model: openai/m, api_base: \"{backend.Address}\", api_key: k}}}}\n", "router_settings: {num_retries: 0}\n"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = new StringContent($"{{\"model\":\"m\",\"input\":\"x\",\"stream\":{(stream ? "true" : "false")}}}", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("originator", originator);

        var answer = await gateway.Http.SendAsync(request);

        var said = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains("\"code\":\"context_length_exceeded\"", said, StringComparison.Ordinal);
        Assert.Equal(status == 200 ? ["response.created", "response.failed"] : [], said.Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line["event: ".Length..]));
    }

    [Fact]
    public async Task AFileThatOllamaDoesNotTake_IsRefusedInTheWordsUponWhichAnAgentLeavesItOut()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        var answer = await gateway.Http.PostAsync("/v1/messages", new StringContent(
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}}]}]}""", Encoding.UTF8, "application/json"));
        var message = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("message").GetString();
        Assert.Equal((400, "messages[0].content[0].type must be text or image_url: Ollama takes nothing else. The PDF specified was not valid."), ((int)answer.StatusCode, message));
        Assert.Equal(0, ollama.Stats.Requests);
    }
}
