using System.Text;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Who a request is for and by what key, where LiteLLM's clients say it: in a header.</summary>
public class EndUserHeaderTests
{
    [Theory]
    [InlineData("x-litellm-customer-id", "ada")]
    [InlineData("x-litellm-end-user-id", "ada")]
    [InlineData("X-OpenWebUI-User-Id", "ada")]
    [InlineData("X-User", "ada")]
    [InlineData("X-Staff", "bob")]
    [InlineData("X-Unknown", "bob")]
    public async Task AHeader_NamesTheUser(string header, string user)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + """
            general_settings:
              user_header_name: X-User
              user_header_mappings:
                - {header_name: X-OpenWebUI-User-Id, litellm_user_role: customer}
                - {header_name: X-Staff, litellm_user_role: internal_user}
            """));
        Assert.Equal(200, (int)(await AskAsync(gateway, (header, "ada"))).StatusCode);
        Assert.Equal(1, (await gateway.Grains.GetGrain<IUserGrain>("user:" + user).GetUsageAsync()).Requests);
    }

    [Fact]
    public async Task LiteLlmsOwnHeaders_AreAskedFirst()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "general_settings: {user_header_name: X-User}\n"));
        Assert.Equal(200, (int)(await AskAsync(gateway, ("X-User", "charles"), ("x-litellm-end-user-id", "ada"))).StatusCode);
        Assert.Equal(1, (await gateway.Grains.GetGrain<IUserGrain>("user:ada").GetUsageAsync()).Requests);
    }

    [Fact]
    public async Task AHeaderOfTheOperators_HasTheKey()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "general_settings: {master_key: sk-1, litellm_key_header_name: X-My-Key}\n"));
        Assert.Equal(200, (int)(await AskAsync(gateway, ("X-My-Key", "Bearer sk-1"), ("Authorization", "Bearer of-another-service"))).StatusCode);
        Assert.Equal(200, (int)(await AskAsync(gateway, ("X-My-Key", "sk-1"))).StatusCode);
        Assert.Equal(200, (int)(await AskAsync(gateway, ("Authorization", "Bearer sk-1"))).StatusCode);
        Assert.Equal(401, (int)(await AskAsync(gateway, ("X-My-Key", "sk-2"), ("Authorization", "Bearer sk-1"))).StatusCode);
    }

    private static async Task<HttpResponseMessage> AskAsync(TestGateway gateway, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"m","user":"bob","messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return await gateway.Http.SendAsync(request);
    }
}
