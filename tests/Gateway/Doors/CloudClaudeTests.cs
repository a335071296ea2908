using System.Text;
using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Claude at a cloud is Claude to Anthropic's clients: its own words reach it, and come back.</summary>
public class CloudClaudeTests
{
    private const string Model = "claude-opus-4-6";
    private const string AtBedrock = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

    [Theory]
    [InlineData("anthropic", true)]
    [InlineData("vertex_ai", true)]
    [InlineData("azure_ai", true)]
    [InlineData("openai", false)]
    public async Task SignedThoughts_ReachAnthropicsClients(string provider, bool signed)
    {
        await using var backend = await Setup.OllamaAsync(Model);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", backend, provider, Model)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages");
        request.Headers.TryAddWithoutValidation("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14");
        request.Content = new StringContent(
            """{"model":"public","max_tokens":4000,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"why"}]}""", Encoding.UTF8, "application/json");

        using var response = await gateway.Http.SendAsync(request);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        var blocks = JsonElement.Parse(text).GetProperty("content").EnumerateArray().ToList();
        Assert.EndsWith("to: why", blocks[^1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(signed, blocks.Exists(block => block.TryGetProperty("signature", out var signature) && signature.GetString() == "sim-signature"));
        Assert.Equal(provider == "vertex_ai", backend.Stats.Bodies[^1].Contains("\"anthropic_version\":\"vertex-2023-10-16\"", StringComparison.Ordinal));
    }

    /// <summary>At Bedrock in Converse's words: what an agent caches costs a tenth, and its model goes on with its thoughts.</summary>
    [Fact]
    public async Task WhatIsCached_AndThought_ReachesClaudeAtBedrock_FromAnthropicsClients()
    {
        await using var backend = await Setup.OllamaAsync(AtBedrock);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Claude("public", "bedrock", backend.BaseAddress.ToString())));

        using var response = await gateway.Http.PostAsync("/v1/messages", new StringContent(
            """
            {"model":"public","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2048},
             "system":[{"type":"text","text":"rules","cache_control":{"type":"ephemeral"}}],
             "tools":[{"name":"look","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}],
             "messages":[{"role":"user","content":"why"},
              {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"tool_use","id":"t1","name":"look","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"seen","cache_control":{"type":"ephemeral"}}]}]}
            """, Encoding.UTF8, "application/json"));

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("sim-signature", JsonElement.Parse(text).GetProperty("content")[0].GetProperty("signature").GetString());
        var told = JsonElement.Parse(backend.Stats.Bodies[^1]);
        Assert.Equal("default", told.GetProperty("system")[1].GetProperty("cachePoint").GetProperty("type").GetString());
        Assert.Equal("1h", told.GetProperty("toolConfig").GetProperty("tools")[1].GetProperty("cachePoint").GetProperty("ttl").GetString());
        var messages = told.GetProperty("messages");
        Assert.Equal("sig", messages[1].GetProperty("content")[0].GetProperty("reasoningContent").GetProperty("reasoningText").GetProperty("signature").GetString());
        Assert.Equal("default", messages[2].GetProperty("content")[1].GetProperty("cachePoint").GetProperty("type").GetString());
        Assert.Equal("enabled", told.GetProperty("additionalModelRequestFields").GetProperty("thinking").GetProperty("type").GetString());
        Assert.False(response.Headers.TryGetValues("x-dropped-params", out _));
    }

    /// <summary>OpenAI refuses a request with a word of Anthropic's: who stands in is told what it understands, and Claude elsewhere as much as it can be.</summary>
    [Theory]
    [InlineData("anthropic", "openai", "reasoning_effort")]
    [InlineData("bedrock", "openai", "reasoning_effort")]
    [InlineData("anthropic", "bedrock", "cachePoint")]
    [InlineData("bedrock", "anthropic", "cache_control")]
    public async Task WhoStandsInForClaude_IsAskedInItsOwnWords(string first, string second, string told)
    {
        await using var backend = await Setup.OllamaAsync(AtBedrock);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Claude("claude", first, "http://127.0.0.1:1") + Claude("other", second, Setup.Base(backend, second)), "router_settings: {num_retries: 0, fallbacks: [{claude: [other]}]}\n"));

        using var response = await gateway.Http.PostAsync("/v1/messages", new StringContent(
            """
            {"model":"claude","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2048},"context_management":{"edits":[]},
             "system":[{"type":"text","text":"rules","cache_control":{"type":"ephemeral"}}],
             "tools":[{"name":"look","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],
             "messages":[{"role":"user","content":[{"type":"text","text":"why","cache_control":{"type":"ephemeral"}}]},
              {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"tool_use","id":"t1","name":"look","input":{},"cache_control":{"type":"ephemeral"}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"seen","cache_control":{"type":"ephemeral"}}]}]}
            """, Encoding.UTF8, "application/json"));

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        var body = backend.Stats.Bodies[^1];
        Assert.Contains($"\"{told}\"", body, StringComparison.Ordinal);
        string[] others = second == "openai" ? ["cache_control", "thinking", "thinking_blocks", "anthropic_content", "context_management"] : second == "bedrock" ? ["cache_control", "context_management"] : [];
        Assert.All(others, word => Assert.DoesNotContain($"\"{word}\"", body, StringComparison.Ordinal));
        Assert.Equal(second != "openai", body.Contains("\"sig\"", StringComparison.Ordinal));
    }

    /// <summary>By a wildcard the configuration cannot tell beforehand.</summary>
    [Fact]
    public async Task AModelThatIsNotServed_IsRefusedInWords()
    {
        await using var backend = await Setup.OllamaAsync(Model);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("v/*", backend, "vertex_ai", "*")));

        using var response = await gateway.Http.PostAsync("/v1/chat/completions", new StringContent(
            """{"model":"v/jamba-1.5-mini","messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json"));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("AI21", (await Setup.ErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, backend.Stats.Requests);
    }

    private static string Claude(string name, string provider, string address) =>
        $"  - {{model_name: {name}, litellm_params: {{model: \"{provider}/{AtBedrock}\", api_base: \"{address}\", api_key: token, aws_region_name: us-east-1}}}}\n";
}
