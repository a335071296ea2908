using System.Text;
using OrleansLlm.Tests.Gateway.Connections;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Security;

/// <summary>What people call things stays what it is wherever it comes out, and a web page of somebody else's is no client.</summary>
public class InjectionTests
{
    [Theory]
    [InlineData("a\r\nx-evil: 1")]
    [InlineData("a\u0000b")]
    [InlineData("modèle 模型")]
    public async Task AName_IsNoHeader(string name)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await gateway.AskAsync("/model/new", new
        {
            model_name = name,
            litellm_params = new { model = "ollama_chat/m", api_base = ollama.BaseAddress.AbsoluteUri.TrimEnd('/') + "/" },
            model_info = new { id = "id of " + name },
        });
        var response = await gateway.ChatAsync(KeyGateway.Master, name, user: name);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("x-evil"));
        Assert.Equal(Uri.EscapeDataString("id of " + name), response.Headers.GetValues("x-litellm-model-id").Single());
        Assert.Equal(Uri.EscapeDataString(name), response.Headers.GetValues("x-litellm-model-group").Single());
    }

    [Theory]
    [InlineData("x-litellm-call-id", "<script>", 200)]
    [InlineData("x-litellm-call-id", "<script>\t\"x\"", 200)]
    [InlineData("x-conversation-id", "<script>", 400)]
    [InlineData("x-conversation-id", "<script>\t\"x\"", 400)]
    public async Task AHeaderOfTheClients_ComesBackOnlyIfItIsAPlainWord(string header, string value, int status)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var client = await RawClient.ConnectAsync(gateway.Address);
        // Bytes that no header may have are refused by the server itself; these it lets pass.
        await client.SendAsync(RawClient.Post("/v1/chat/completions", TestGateway.Chat("m", "x"), $"{header}: {value}\r\nConnection: close\r\n"));
        var head = (await client.ToTheEndAsync()).Split("\r\n\r\n")[0];
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 200)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    [InlineData(null, 200)]
    public async Task WithoutAMasterKey_PagesOfOtherSites_AreRefused(string? site, int status)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        // As a form or a script of any page can send it, without asking first.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestGateway.Chat("m", "x"), Encoding.UTF8, "text/plain") };
        if (site is not null) request.Headers.Add("Sec-Fetch-Site", site);
        Assert.Equal(status, (int)(await gateway.Http.SendAsync(request)).StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, ollama.Stats.Requests);
    }

    [Fact]
    public async Task NoAnswer_LetsAPageOfAnotherSiteReadIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Options])
        {
            using var request = new HttpRequestMessage(method, "/v1/models");
            request.Headers.Add("Origin", "https://evil.example");
            request.Headers.Add("Access-Control-Request-Method", "GET");
            using var response = await gateway.Http.SendAsync(request);
            Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("/ui/assets/../../gateway.yaml")]
    [InlineData("/ui/assets/..%2f..%2fgateway.yaml")]
    [InlineData("/ui/assets/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/ui/assets//etc/passwd")]
    public async Task AnAsset_IsOneOfOurs_AndNoFile(string path)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var client = await RawClient.AskAsync(gateway.Address, $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404", await client.ToTheEndAsync(), StringComparison.Ordinal);
    }
}
