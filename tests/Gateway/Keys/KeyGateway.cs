using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>A gateway with a master key, and its administrator.</summary>
internal sealed class KeyGateway(TestGateway gateway) : IAsyncDisposable
{
    public const string Master = "sk-the-master-key-1234";

    public TestGateway Gateway => gateway;

    /// <param name="settings">More of gateway_settings, indented by two.</param>
    /// <param name="general">More of general_settings, in flow style.</param>
    /// <param name="router">In place of router_settings without retries, in flow style.</param>
    /// <param name="more">Further top-level sections.</param>
    /// <param name="services">In place of the gateway's own.</param>
    public static async Task<KeyGateway> StartAsync(
        SimulatedOllama ollama, string settings = "", string general = "", TimeProvider? time = null, string? folder = null, string models = "", string more = "",
        CapturedLogs? logs = null, string router = "num_retries: 0", Action<IServiceCollection>? services = null) =>
        new(await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama) + Setup.Model("n", ollama) + models, Setup.Quiet(ollama).Replace("num_retries: 0", router, StringComparison.Ordinal) + settings + $"general_settings: {{master_key: {Master}{general}}}\n" + more),
            time,
            folder,
            logs: logs,
            more: services));

    /// <summary>As the administrator, or with another key.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? key = Master)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await gateway.Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync(string path, object body, string? key = Master) => SendAsync(HttpMethod.Post, path, body, key);

    public async Task<JsonElement> AskAsync(string path, object? body = null)
    {
        var response = await SendAsync(body is null ? HttpMethod.Get : HttpMethod.Post, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <returns>The key itself.</returns>
    public async Task<string> NewKeyAsync(object body) => (await AskAsync("/key/generate", body)).GetProperty("key").GetString()!;

    public Task<HttpResponseMessage> ChatAsync(string? key, string model = "m", string? user = null, object? fallbacks = null)
    {
        var body = new Dictionary<string, object> { ["model"] = model, ["messages"] = new[] { new { role = "user", content = "x" } } };
        if (user is not null) body["user"] = user;
        if (fallbacks is not null) body["fallbacks"] = fallbacks;
        return PostAsync("/v1/chat/completions", body, key);
    }

    public async Task<int> ChatStatusAsync(string? key, string model = "m", string? user = null) => (int)(await ChatAsync(key, model, user)).StatusCode;

    public ValueTask DisposeAsync() => gateway.DisposeAsync();
}
