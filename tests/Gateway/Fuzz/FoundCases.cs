using System.Net.Http.Headers;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway.Doors;

namespace OrleansLlm.Tests.Gateway.Fuzz;

/// <summary>Requests that <c>bench -- fuzz</c> has found to be a 500, or told in another door's form.</summary>
public sealed class FoundCases : IAsyncLifetime
{
    private const string Master = "sk-master";

    private SimulatedOllama _ollama = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _ollama = await Setup.OllamaAsync();
        _gateway = await TestGateway.StartAsync(DoorGateway.Config(_ollama, "ollama_chat", $"general_settings: {{master_key: {Master}}}\n"));
        _gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Master);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _ollama.DisposeAsync();
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"public","messages":[{"role":"user","content":"x"}],"user":"\ud800"}""", "user")]
    [InlineData("/v1/chat/completions", """{"model":"public","messages":[{"role":"user","content":"x","name":"\udfff"}]}""", "messages[0].name")]
    [InlineData("/v1/chat/completions", """{"model":"public","messages":[{"\ud800":1}]}""", null)]
    [InlineData("/v1/completions", """{"model":"\udfff","prompt":"x"}""", "model")]
    [InlineData("/v1/embeddings", """{"\ud800":"x","model":"public","input":"a"}""", null)]
    [InlineData("/v1/responses", """{"model":"public","input":"\ud800"}""", "input")]
    [InlineData("/v1/responses/input_tokens", """{"\ud800":""}""", null)]
    [InlineData("/v1/conversations", """{"metadata":{"a":"\ud83d"}}""", "metadata.a")]
    [InlineData("/key/generate", """{"key_alias":"\ud800"}""", "key_alias")]
    [InlineData("/team/new", """{"team_id":"\ud800"}""", "team_id")]
    [InlineData("/model/new", """{"model_name":"\ud800","litellm_params":{"model":"openai/x"}}""", "model_name")]
    [InlineData("/backend/drain", """{"backend":"\ud800"}""", "backend")]
    [InlineData("/cache/delete", """{"keys":["\ud800"]}""", "keys[0]")]
    public async Task HalfACharacter_IsA400_WhicheverTheRoute(string path, string body, string? param)
    {
        var response = await _gateway.PostAsync(body, path: path);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(param, (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"public","max_tokens":9,"messages":[{"role":"user","content":"\udfff"}]}""")]
    [InlineData("/v1/messages", """{"model":"public","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"\ud800"}]}]}""")]
    [InlineData("/v1/messages/count_tokens", """{"x\udfff":0}""")]
    [InlineData("/api/chat", """{"model":"public","messages":[{"role":"user","content":"x"}],"tools":[{"\ud800":1}]}""")]
    [InlineData("/api/generate", """{"model":"public","prompt":"x","format":{"a":"\ud83d"}}""")]
    [InlineData("/api/embed", """{"model":"public","input":["a"],"options":{"\ud800":""}}""")]
    [InlineData("/api/embeddings", """{"model":"public","prompt":"\udc00"}""")]
    public async Task HalfACharacter_IsA400_InTheDoorsOwnForm(string path, string body)
    {
        var response = await _gateway.PostAsync(body, path: path);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("half a character", await DoorGateway.ErrorAsync(path.StartsWith("/api", StringComparison.Ordinal) ? DoorGateway.OllamaChat : DoorGateway.Anthropic, response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%09")]
    [InlineData("%20%20")]
    [InlineData("%C2%A0")]
    public async Task ErasingAUserWithoutAName_IsA400(string user)
    {
        var response = await _gateway.Http.DeleteAsync($"/v1/users/{user}/conversations");
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("user", (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("/anthropic/v1/messages")]
    [InlineData("/anthropic/v1/messages/count_tokens")]
    [InlineData("/v1/messages")]
    public async Task AMethodThatAnthropicsDoorHasNot_IsToldInAnthropicsForm(string path)
    {
        var response = await _gateway.Http.GetAsync(path);
        Assert.Equal(405, (int)response.StatusCode);
        await DoorGateway.ErrorAsync(DoorGateway.Anthropic, response);
    }

    [Fact]
    public async Task AMessageThatSaysNothing_IsAddedToAConversation_AndNoItemIsShownOfIt()
    {
        using var made = JsonDocument.Parse(await (await _gateway.PostAsync("{}", path: "/v1/conversations")).Content.ReadAsStringAsync());
        var added = await _gateway.PostAsync("""{"items":[{"role":"assistant","content":[]}]}""", path: $"/v1/conversations/{made.RootElement.GetProperty("id").GetString()}/items");
        Assert.Equal(200, (int)added.StatusCode);
        using var list = JsonDocument.Parse(await added.Content.ReadAsStringAsync());
        Assert.Equal(0, list.RootElement.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task AnUpstreamWithoutAnEmbeddingOfAnEmptyPrompt_IsAnEmptyOneAtOllamasOldDoor()
    {
        _ollama.Faults.Add(new Fault { Kind = FaultKind.Raw, Path = "/api/embed", ContentType = "application/json", Body = """{"model":"m","embeddings":[]}""" });
        var response = await _gateway.PostAsync("""{"model":"public","prompt":""}""", path: "/api/embeddings");
        Assert.Equal(200, (int)response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(0, json.RootElement.GetProperty("embedding").GetArrayLength());
    }
}
