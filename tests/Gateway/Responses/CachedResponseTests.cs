using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>Responses whose answers are given again.</summary>
public class CachedResponseTests
{
    [Fact]
    public async Task AHit_IsAResponseOfItsOwn_AndItsHistoryIsAskedOnce()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "litellm_settings: {cache: true, cache_params: {type: local, ttl: 600}}\n");
        var first = IdOf(await gateway.AskAsync("""{"model":"m","input":"one"}"""));
        List<string> ids = [];
        for (var i = 0; i < 2; i++)
        {
            var next = await gateway.AskAsync($$"""{"model":"m","input":"two","instructions":"be kind","previous_response_id":"{{first}}"}""");
            Assert.Equal(Answer("two"), TextOf(next));
            ids.Add(IdOf(next));
            // What is shared is asked with the whole prompt, and looks for no history itself.
            Assert.Equal(["system:be kind", "user:one", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
        }

        Assert.Equal(2, ollama.Stats.Started);
        Assert.Distinct(ids);
        foreach (var id in ids) Assert.Equal(Answer("two"), TextOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}")));
    }
}
