using System.Text;
using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Claude at a cloud is Claude to Anthropic's clients: its own words reach it, and come back.</summary>
public class CloudClaudeTests
{
    private const string Model = "claude-opus-4-6";

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
}
