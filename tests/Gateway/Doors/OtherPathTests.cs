using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>The same doors under the paths that Azure's clients and LiteLLM's put before them.</summary>
public class OtherPathTests
{
    [Theory]
    [InlineData("/openai/v1/chat/completions?api-version=preview", """{"model":"m","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/openai/v1/embeddings", """{"model":"m","input":"x"}""")]
    [InlineData("/openai/v1/completions", """{"model":"m","prompt":"x"}""")]
    [InlineData("/openai/chat/completions", """{"model":"m","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/openai/embeddings", """{"model":"m","input":"x"}""")]
    [InlineData("/openai/completions", """{"model":"m","prompt":"x"}""")]
    [InlineData("/openai/responses?api-version=2025-04-01-preview", """{"model":"m","input":"x"}""")]
    [InlineData("/openai/v1/responses", """{"model":"m","input":"x"}""")]
    public async Task AnAzureClientsPath_IsADoor(string path, string body)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var response = await gateway.PostAsync(body, path: path);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/openai/models?api-version=2024-10-21", "object")]
    [InlineData("/openai/v1/models", "object")]
    [InlineData("/anthropic/v1/models", "type")]
    public async Task TheModels_AreListedThereAsWell(string path, string field)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("team/big", ollama), Setup.Quiet(ollama)));
        var only = JsonDocument.Parse(await gateway.Http.GetStringAsync(path)).RootElement.GetProperty("data").EnumerateArray().Single();
        Assert.Equal(("team/big", "model"), (only.GetProperty("id").GetString(), only.GetProperty(field).GetString()));
        var one = JsonDocument.Parse(await gateway.Http.GetStringAsync(path.Split('?')[0] + "/team/big")).RootElement;
        Assert.Equal("model", one.GetProperty(field).GetString());
    }

    /// <summary>Its clients have the key in a header of their own, and read an error in a form of their own.</summary>
    [Theory]
    [InlineData("sk-right", 404, "NOT_FOUND", "Clients of Google's API are not served here")]
    [InlineData("wrong", 401, "UNAUTHENTICATED", "Authentication Error")]
    public async Task AGoogleClient_IsToldThatThereIsNoDoor(string key, int status, string name, string words)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "general_settings: {master_key: sk-right}\n"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1beta/models/m:generateContent") { Content = new StringContent("{}") };
        request.Headers.Add("x-goog-api-key", key);
        var response = await gateway.Http.SendAsync(request);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal((status, status, name), ((int)response.StatusCode, error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/models")]
    [InlineData("/v1/models/m")]
    public async Task HEAD_IsAnsweredLikeGET_WithoutTheBody(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var response = await gateway.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal((200, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }
}
