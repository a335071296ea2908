using System.Text;
using System.Text.Json;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Keys at every door, wherever its clients put them.</summary>
public class KeyedDoorTests
{
    [Fact]
    public async Task WhoMayNotComeIn_IsToldInTheDoorsOwnForm_AndWhoMayIsServed()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var key = await keys.NewKeyAsync(new { models = new[] { "m" } });
        foreach (var door in DoorGateway.Doors)
        {
            var nobody = await SendAsync(keys, door, "m", null);
            Assert.Equal(401, (int)nobody.StatusCode);
            Assert.Contains("Authentication Error", await DoorGateway.ErrorAsync(door, nobody), StringComparison.Ordinal);
            Assert.Equal(401, (int)(await SendAsync(keys, door, "m", "sk-wrong")).StatusCode);
            var denied = await SendAsync(keys, door, "n", key);
            Assert.Equal(403, (int)denied.StatusCode);
            Assert.Contains("not allowed to access model", await DoorGateway.ErrorAsync(door, denied), StringComparison.Ordinal);
            Assert.Equal(200, (int)(await SendAsync(keys, door, "m", key)).StatusCode);
        }

        Assert.Equal(DoorGateway.Doors.Length, ollama.Stats.Started);
        Assert.Equal(["m"], (await JsonAsync(keys, "/api/tags", key)).GetProperty("models").EnumerateArray().Select(m => m.GetProperty("name").GetString()!));
        Assert.Equal(["m"], (await JsonAsync(keys, "/v1/models", key, "anthropic-version")).GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
        Assert.Equal(401, (int)(await keys.Gateway.Http.GetAsync("/api/tags")).StatusCode);
        Assert.Equal(200, (int)(await keys.Gateway.Http.GetAsync("/api/version")).StatusCode);
        Assert.Equal(403, (int)(await keys.PostAsync("/v1/messages/count_tokens", new { model = "n", messages = new[] { new { role = "user", content = "x" } } }, key)).StatusCode);
        Assert.Equal(403, (int)(await keys.PostAsync("/api/show", new { model = "n" }, key)).StatusCode);
        Assert.Equal(403, (int)(await keys.PostAsync("/api/generate", new { model = "n" }, key)).StatusCode);
        Assert.Equal(403, (int)(await keys.PostAsync("/v1/embeddings", new { model = "n", input = "x" }, key)).StatusCode);
        Assert.Equal(403, (int)(await keys.PostAsync("/openai/deployments/n/chat/completions", new { model = "m", messages = new[] { new { role = "user", content = "x" } } }, key)).StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(KeyGateway keys, string door, string model, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, DoorGateway.PathOf(door))
        {
            Content = new StringContent(DoorGateway.Ask(door, "x", model: model), Encoding.UTF8, "application/json"),
        };
        if (key is not null) request.Headers.Add(door == DoorGateway.Anthropic ? "x-api-key" : "Authorization", door == DoorGateway.Anthropic ? key : $"Bearer {key}");
        return await keys.Gateway.Http.SendAsync(request);
    }

    private static async Task<JsonElement> JsonAsync(KeyGateway keys, string path, string key, string? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Authorization", $"Bearer {key}");
        if (header is not null) request.Headers.Add(header, "2023-06-01");
        return JsonDocument.Parse(await (await keys.Gateway.Http.SendAsync(request)).Content.ReadAsStringAsync()).RootElement;
    }
}
