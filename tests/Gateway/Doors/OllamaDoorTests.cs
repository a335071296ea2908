using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>To an Ollama client the gateway looks like one big Ollama.</summary>
public class OllamaDoorTests
{
    [Fact]
    public async Task ItsModels_AreThoseOfTheGateway()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("public", ollama).Replace("}}\n", "}, model_info: {supports_vision: true, supports_reasoning: true, max_input_tokens: 4096}}\n", StringComparison.Ordinal),
            $"gateway_settings:\n  backends:\n    \"{OrleansLlm.Silo.Configuration.Addresses.Normalise(ollama.BaseAddress)}\": {{health_interval: 0.2}}\n"));
        var tag = Assert.Single((await GetAsync(gateway, "/api/tags")).GetProperty("models").EnumerateArray());
        Assert.Equal(("public", "public", 64), (tag.GetProperty("name").GetString(), tag.GetProperty("model").GetString(), tag.GetProperty("digest").GetString()!.Length));
        var shown = await JsonAsync(await gateway.PostAsync("""{"model":"public:latest"}""", path: "/api/show"));
        Assert.Equal(["completion", "tools", "vision", "thinking"], shown.GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()!));
        Assert.Equal(4096, shown.GetProperty("model_info").GetProperty("gateway.context_length").GetInt32());
        Assert.Equal(404, (int)(await gateway.PostAsync("""{"model":"nobody"}""", path: "/api/show")).StatusCode);
        Assert.Equal(400, (int)(await gateway.PostAsync("{}", path: "/api/show")).StatusCode);
        Assert.True(Version.TryParse((await GetAsync(gateway, "/api/version")).GetProperty("version").GetString(), out _));

        // A model that has answered is loaded, and the next probe of its backend finds it.
        Assert.Equal(200, (int)(await gateway.PostAsync(DoorGateway.Ask(DoorGateway.OllamaChat, "x"), path: "/api/chat")).StatusCode);
        await Eventually.UntilAsync(
            async () => (await GetAsync(gateway, "/api/ps")).GetProperty("models").EnumerateArray().Any(m => m.GetProperty("name").GetString() == "public"),
            "the model is known to be loaded");
    }

    [Theory]
    [InlineData("ollama_chat", true)]
    [InlineData("openai", false)]
    public async Task ARawPrompt_IsPutIntoNoTemplate_WhoeverAnswers(string provider, bool isSaid)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, provider));

        var answer = await gateway.PostAsync("""{"model":"public","prompt":"<s>x","raw":true,"stream":false}""", path: "/api/generate");

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("x-dropped-params"));
        var sent = JsonDocument.Parse(ollama.Stats.Bodies[^1]).RootElement;
        Assert.Equal("<s>x", sent.GetProperty("prompt").GetString());
        Assert.Equal(isSaid, sent.TryGetProperty("raw", out var raw) && raw.GetBoolean());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARawPromptsLogprobs_ComeBackAsOllamaTellsThem(bool stream)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));

        var asked = $$"""{"model":"public","prompt":"x","raw":true,"logprobs":true,"top_logprobs":2,"stream":{{(stream ? "true" : "false")}}}""";
        var answer = await gateway.PostAsync(asked, path: "/api/generate");

        Assert.Equal(200, (int)answer.StatusCode);
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var entries = lines.SelectMany(l => l.TryGetProperty("logprobs", out var told) ? told.EnumerateArray() : default).ToList();
        Assert.Equal(string.Concat(lines.Select(l => l.GetProperty("response").GetString())), string.Concat(entries.Select(e => e.GetProperty("token").GetString())));
        Assert.All(entries, e => Assert.Equal((-0.25, 2), (e.GetProperty("logprob").GetDouble(), e.GetProperty("top_logprobs").GetArrayLength())));
        var refused = await gateway.PostAsync("""{"model":"public","prompt":"x","raw":true,"logprobs":true,"top_logprobs":"2"}""", path: "/api/generate");
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("top_logprobs", await DoorGateway.ErrorAsync(DoorGateway.OllamaChat, refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatChangesModels_IsTheOperators()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        foreach (var operation in (string[])["pull", "push", "create", "copy", "blobs/sha256:00"])
        {
            var refused = await gateway.PostAsync("""{"model":"public"}""", path: $"/api/{operation}");
            Assert.Equal(403, (int)refused.StatusCode);
            Assert.Contains("operator", await DoorGateway.ErrorAsync(DoorGateway.OllamaChat, refused), StringComparison.Ordinal);
        }

        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/api/delete");
        Assert.Equal(403, (int)(await gateway.Http.SendAsync(delete)).StatusCode);
        Assert.Equal(0, ollama.Stats.Requests);
    }

    [Fact]
    public async Task ClientsThatLookWhetherItIsThere_FindIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        Assert.Contains("Ollama is running", await gateway.Http.GetStringAsync("/"), StringComparison.Ordinal);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        Assert.Equal(200, (int)(await gateway.Http.SendAsync(head)).StatusCode);

        foreach (var path in (string[])["/api/chat", "/api/generate"])
        {
            var loaded = await JsonAsync(await gateway.PostAsync("""{"model":"public"}""", path: path));
            Assert.Equal((true, "load"), (loaded.GetProperty("done").GetBoolean(), loaded.GetProperty("done_reason").GetString()));
        }

        Assert.Equal(404, (int)(await gateway.PostAsync("""{"model":"nobody"}""", path: "/api/chat")).StatusCode);
        Assert.Equal(0, ollama.Stats.Requests);
    }

    [Fact]
    public async Task ThinkingAndStreams_AreOnUnlessTheClientSaysOtherwise()
    {
        await using var ollama = await Setup.OllamaAsync("qwen3");
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama, model: "qwen3")));
        var answer = await gateway.PostAsync("""{"model":"public","messages":[{"role":"user","content":"x"}],"think":true}""", path: "/api/chat");
        var read = await DoorGateway.ReadAsync(DoorGateway.OllamaChat, answer, stream: true);
        Assert.Equal("A simulated thought about: x", read.Thinking);
        Assert.Contains("\"think\":true", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
        var anthropic = await gateway.PostAsync(
            DoorGateway.Ask(DoorGateway.Anthropic, "x", stream: true, more: ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}"), path: "/v1/messages");
        Assert.Equal("A simulated thought about: x", (await DoorGateway.ReadAsync(DoorGateway.Anthropic, anthropic, stream: true)).Thinking);
        var quiet = await gateway.PostAsync("""{"model":"public","messages":[{"role":"user","content":"x"}],"think":false,"stream":false}""", path: "/api/chat");
        Assert.Equal("", (await DoorGateway.ReadAsync(DoorGateway.OllamaChat, quiet, stream: false)).Thinking);
    }

    private static async Task<JsonElement> GetAsync(TestGateway gateway, string path) => await JsonAsync(await gateway.Http.GetAsync(path));

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }
}
