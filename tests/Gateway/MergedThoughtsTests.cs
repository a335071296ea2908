using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What a model thinks, in the text of those who have no other place for it.</summary>
public class MergedThoughtsTests
{
    private const string Model = "qwen3:think";
    private const string Thought = "<think>A simulated thought about";

    [Theory]
    [InlineData(true, "", true)]
    [InlineData(false, "", false)]
    // The request has the last word, as on every parameter.
    [InlineData(false, ",\"merge_reasoning_content_in_choices\":true", true)]
    [InlineData(true, ",\"merge_reasoning_content_in_choices\":false", false)]
    public async Task AChatCompletion_HasThemInItsText_WhereItsDeploymentOrTheRequestSaysSo(bool configured, string more, bool merged)
    {
        await using var ollama = await Setup.OllamaAsync(Model);
        await using var gateway = await StartAsync(ollama, configured);
        var message = JsonDocument.Parse(await AskAsync(gateway, "/v1/chat/completions", Body(more))).RootElement.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(merged, message.GetProperty("content").GetString()!.StartsWith(Thought, StringComparison.Ordinal));
        Assert.Equal(!merged, message.TryGetProperty("reasoning_content", out _));
        var stream = await AskAsync(gateway, "/v1/chat/completions", Body(more + ",\"stream\":true"));
        Assert.Equal(merged, stream.Contains("<think>", StringComparison.Ordinal));
        Assert.Equal(!merged, stream.Contains("reasoning_content", StringComparison.Ordinal));
        Assert.DoesNotContain("merge_reasoning", string.Concat(ollama.Stats.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheApisThatHaveAPlaceForThem_TellThemThere_AndTheCacheKnowsTheDifference()
    {
        await using var ollama = await Setup.OllamaAsync(Model);
        await using var gateway = await StartAsync(ollama, true, "litellm_settings: {cache: true, cache_params: {type: local, ttl: 600}}\n");
        Assert.Contains(Thought, await AskAsync(gateway, "/v1/chat/completions", Body("")), StringComparison.Ordinal);
        Assert.DoesNotContain("<think>", await AskAsync(gateway, "/api/chat", """{"model":"m","think":true,"stream":false,"messages":[{"role":"user","content":"x"}]}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("<think>", await AskAsync(gateway, "/v1/responses", """{"model":"m","reasoning":{"effort":"high"},"input":"x"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "<think>", await AskAsync(gateway, "/v1/messages", """{"model":"m","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"x"}]}"""), StringComparison.Ordinal);
    }

    private static string Body(string more) => $$"""{"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"x"}]{{more}}}""";

    private static Task<TestGateway> StartAsync(SimulatedOllama ollama, bool merges, string more = "") => TestGateway.StartAsync(
        $"model_list:\n  - {{model_name: m, litellm_params: {{model: \"ollama_chat/{Model}\", api_base: \"{ollama.BaseAddress}\", merge_reasoning_content_in_choices: {(merges ? "true" : "false")}}}}}\n{more}");

    private static async Task<string> AskAsync(TestGateway gateway, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await gateway.Http.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }
}
