using System.Net;
using System.Text;
using OrleansLlm.Backends;
using OrleansLlm.Grains.Routing;
using OrleansLlm.Routing;

namespace OrleansLlm.Tests.Gateway;

/// <summary>A model with more backends than a request asks.</summary>
public class ManyBackendsTests
{
    private const int Count = (2 * CandidateParts.MostWhole) + 10;

    [Fact]
    public async Task TheOnlyOneThatIsNotDraining_IsFoundAmongMany()
    {
        await using var ollama = await Setup.OllamaAsync();
        var others = Enumerable.Range(0, Count - 1).Select(i => $"http://127.0.0.2:{10_000 + i}").ToList();
        var models = string.Concat(others.Select(o => $"  - {{model_name: m, litellm_params: {{model: ollama_chat/m, api_base: \"{o}\"}}}}\n"));
        var quiet = string.Concat(others.Append(ollama.BaseAddress.ToString().TrimEnd('/')).Select(o => $"    \"{o}\": {{health_interval: 0}}\n"));
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n{models}{Setup.Model("m", ollama)}router_settings: {{num_retries: 0, routing_strategy: least-busy}}\ngateway_settings:\n  backends:\n{quiet}");
        await Task.WhenAll(others.Select(o => gateway.Grains.GetGrain<IBackendGrain>(o).SetDrainingAsync(true)));

        var candidates = (await gateway.Grains.GetGrain<IModelGrain>("m").GetCandidatesForAsync(1)).Candidates;
        Assert.Equal(Count, candidates.Select(c => c.Backend).Distinct().Count());
        Assert.Equal(CandidateParts.Size, candidates.Count(c => c.Tier == 0));
        for (var i = 0; i < 5; i++)
        {
            using var body = new StringContent($$"""{"model":"m","messages":[{"role":"user","content":"{{i}}"}]}""", Encoding.UTF8, "application/json");
            var answer = await gateway.Http.PostAsync("/v1/chat/completions", body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }
}
