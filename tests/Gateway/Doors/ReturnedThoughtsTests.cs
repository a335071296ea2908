using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Programs that call tools and have no place for a model's signed thoughts, as most of OpenAI's clients.</summary>
public class ReturnedThoughtsTests
{
    private const string Tools = """
        "reasoning_effort":"medium","max_tokens":9000,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]
        """;

    [Theory]
    [InlineData("anthropic", "sim-signature")]
    [InlineData("gemini", "c2ltdWxhdGVk")]
    public async Task AClientThatDropsThem_IsUnderstood_AndNobodyElse(string provider, string signature)
    {
        await using var backend = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(backend, provider));
        const string question = """{"role":"user","content":"call get_weather"}""";
        var answer = await AskAsync(gateway, question, "hers", "ada");
        var call = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0];
        var history = $$"""
            {{question}},{"role":"assistant","content":"","tool_calls":[{"id":"{{call.GetProperty("id").GetString()}}","type":"function","function":{{call.GetProperty("function").GetRawText()}}}]},
            {"role":"tool","tool_call_id":"{{call.GetProperty("id").GetString()}}","content":"rain"}
            """;

        foreach (var (key, user) in new[] { ("his", "ada"), ("hers", "charles"), ("his", "") })
        {
            await AskAsync(gateway, history, key, user);
            Assert.DoesNotContain(signature, backend.Stats.Bodies[^1], StringComparison.Ordinal);
        }

        await AskAsync(gateway, history, "hers", "ada");
        Assert.Contains(signature, backend.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AskAsync(TestGateway gateway, string messages, string key, string user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = new StringContent($$"""{"model":"public","user":"{{user}}",{{Tools}},"messages":[{{messages}}]}""", Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }
}
