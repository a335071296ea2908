namespace OrleansLlm.Tests.Gateway.Security;

/// <summary>Web pages of other origins: let in where the operator names them, never with what a browser has of its own, never to our pages.</summary>
public class CorsTests
{
    private const string Page = "https://chat.example";

    [Theory]
    [InlineData("\"*\"", "*")]
    [InlineData("[\"https://other.example\", \"https://chat.example/\"]", Page)]
    public async Task ANamedOrigin_MayAskAndRead(string origins, string allowed)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, origins, "general_settings: {master_key: sk-1}\n");
        using var preflight = await SendAsync(gateway, HttpMethod.Options, "/v1/chat/completions", Page, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization, x-stainless-os"));
        Assert.Equal(204, (int)preflight.StatusCode);
        Assert.Equal((allowed, "authorization, x-stainless-os"), (Header(preflight, "Access-Control-Allow-Origin"), Header(preflight, "Access-Control-Allow-Headers")));
        Assert.Contains("POST", Header(preflight, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        using var refused = await SendAsync(gateway, HttpMethod.Get, "/v1/models", Page);
        Assert.Equal((401, allowed), ((int)refused.StatusCode, Header(refused, "Access-Control-Allow-Origin")));
        using var answer = await SendAsync(gateway, HttpMethod.Get, "/v1/models", Page, ("Authorization", "Bearer sk-1"));
        Assert.Equal((200, allowed, "*"), ((int)answer.StatusCode, Header(answer, "Access-Control-Allow-Origin"), Header(answer, "Access-Control-Expose-Headers")));
        Assert.All((HttpResponseMessage[])[preflight, refused, answer], r => Assert.False(r.Headers.Contains("Access-Control-Allow-Credentials")));
    }

    [Theory]
    [InlineData("[\"https://chat.example\"]", "https://evil.example", "/v1/models")]
    [InlineData("[\"https://chat.example\"]", "http://chat.example", "/v1/models")]
    [InlineData("\"*\"", Page, "/ui/api/backends")]
    [InlineData("\"*\"", Page, "/ui/session")]
    public async Task AnotherOrigin_AndOurOwnPages_StayClosed(string origins, string origin, string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, origins, "general_settings: {master_key: sk-1}\n");
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Options])
        {
            using var response = await SendAsync(gateway, method, path, origin, ("Access-Control-Request-Method", "GET"));
            Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Whoever keeps answers must not give one origin's to another.</summary>
    [Fact]
    public async Task WhereOriginsAreNamed_AnswersVaryByThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "[\"https://chat.example\"]", "");
        using var response = await SendAsync(gateway, HttpMethod.Get, "/v1/models", "https://evil.example");
        Assert.Contains("Origin", response.Headers.Vary);
    }

    [Theory]
    [InlineData(Page, 200)]
    [InlineData("https://evil.example", 403)]
    public async Task AnOpenGateway_TakesRequestsFromTheNamedPagesOnly(string origin, int status)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, $"\"{Page}\"", "");
        using var response = await SendAsync(gateway, HttpMethod.Get, "/v1/models", origin, ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(status, (int)response.StatusCode);
    }

    private static Task<TestGateway> StartAsync(Simulator.SimulatedOllama ollama, string origins, string more) =>
        TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"  access: {{cors_origins: {origins}}}\n" + more));

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", origin);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return await gateway.Http.SendAsync(request);
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(',', response.Headers.GetValues(name));
}
