using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Shared inferences and stored answers on three silos.</summary>
public class CacheTests
{
    [Fact]
    public async Task FrontEndsOnTwoSilos_JoinOneInference_AndOneThatDiesHurtsNobody()
    {
        await using var ollama = await Setup.OllamaAsync(perToken: TimeSpan.FromMilliseconds(40), tokens: 300);
        // The lease outlasts the time in which a dead silo is found, which may be the backend grain's.
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, lease: 60));
        using var first = await SseText.OfAsync(AskAsync(cluster.Http, stream: true));
        await first.ReadEventsAsync(1);
        var home = cluster.SiloOfTheInference();
        var others = cluster.Silos.Silos.Where(s => s != home).ToList();
        using var onDying = await SseText.OfAsync(AskAsync(await cluster.AddFrontEndAsync(others[0]), stream: true));
        using var onLiving = await SseText.OfAsync(AskAsync(await cluster.AddFrontEndAsync(others[1]), stream: true));
        Assert.Equal(["joined", "joined"], [CacheOf(onDying.Response), CacheOf(onLiving.Response)]);
        await onDying.ReadEventsAsync(1);
        await cluster.Silos.KillSiloAsync(others[0]);

        var whole = await onLiving.ReadToEndAsync();
        Assert.EndsWith("data: [DONE]\n\n", whole, StringComparison.Ordinal);
        Assert.Contains("word300", whole, StringComparison.Ordinal);
        Assert.Equal((1L, 0L), (ollama.Stats.Started, ollama.Stats.Cancelled));
        Assert.Equal("hit", CacheOf(await AskAsync(await cluster.AddFrontEndAsync(home), stream: false)));
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task WhenTheSiloOfTheSharedInferenceDiesBeforeItsFirstToken_AllAreAnsweredAllTheSame()
    {
        await using var ollama = await Setup.OllamaAsync(firstToken: TimeSpan.FromSeconds(2), tokens: 10);
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, lease: 6));
        var one = AskAsync(cluster.Http, stream: true);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var home = cluster.SiloOfTheInference();
        var other = await cluster.AddFrontEndAsync(cluster.Silos.Silos.First(s => s != home));
        var two = AskAsync(other, stream: false);
        await cluster.Silos.KillSiloAsync(home);
        foreach (var request in (Task<HttpResponseMessage>[])[one, two])
        {
            var response = await request;
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode && !text.Contains("\"error\"", StringComparison.Ordinal), text);
        }

        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    private static string Config(SimulatedOllama ollama, int lease) => Setup.Config(
        Setup.Model("m", ollama), Setup.QuietWith($", lease: {lease}", ollama) + "litellm_settings: {cache: true, cache_params: {type: local}}\n");

    private static string CacheOf(HttpResponseMessage response) => response.Headers.GetValues("x-cache").Single();

    private static Task<HttpResponseMessage> AskAsync(HttpClient node, bool stream) => node.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { model = "m", stream, messages = new[] { new { role = "user", content = "a b c" } } }), Encoding.UTF8, "application/json"),
        },
        HttpCompletionOption.ResponseHeadersRead);
}
