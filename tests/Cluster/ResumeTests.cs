using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Resumable answers on three silos, read through the front ends of all of them.</summary>
public class ResumeTests
{
    private const int Tokens = 150;

    [Theory]
    [InlineData("enumerable")]
    [InlineData("stream")]
    public async Task AnAnswerLostOnOneNode_IsReadOnAllTheOthersWhileItRuns_ByteForByte(string transport)
    {
        await using var ollama = await OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, transport));
        string id;
        string[] first;
        using (var lost = await SseText.OfAsync(AskAsync(cluster.Http)))
        {
            id = lost.StreamId;
            first = await lost.ReadEventsAsync(5);
        }

        var seen = string.Concat(first.Select(e => e + "\n\n"));
        var from = new[] { 0, 2, SseText.IdOf(first[^1]) };
        var readers = new List<SseText>();
        for (var i = 0; i < from.Length; i++)
        {
            var node = await cluster.AddFrontEndAsync(cluster.Silos.Silos[i]);
            readers.Add(await SseText.OfAsync(ResumeAsync(node, id, from[i])));
        }

        Assert.Equal(1, ollama.Stats.Running);
        var texts = await Task.WhenAll(readers.Select(r => r.ReadToEndAsync()));
        var whole = texts[0];
        Assert.StartsWith(seen, whole, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", whole, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, SseText.Events(whole).Length).Select(i => (long)i), SseText.Events(whole).Select(SseText.IdOf));
        for (var i = 1; i < from.Length; i++)
        {
            Assert.Equal(string.Concat(SseText.Events(whole).Where(e => SseText.IdOf(e) > from[i]).Select(e => e + "\n\n")), texts[i]);
        }

        readers.ForEach(r => r.Dispose());
        Assert.Equal((1L, 0L), (ollama.Stats.Started, ollama.Stats.Cancelled));
    }

    [Theory]
    [InlineData("enumerable")]
    [InlineData("stream")]
    public async Task WhenItsSiloDies_EveryReaderIsTold_AndTheAnswerIsUnknownFromThenOn(string transport)
    {
        await using var ollama = await OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, transport));
        using var first = await SseText.OfAsync(AskAsync(cluster.Http));
        await first.ReadEventsAsync(3);
        var dying = cluster.SiloOfTheInference();
        var node = await cluster.AddFrontEndAsync(cluster.Silos.Silos.First(s => s != dying));
        using var second = await SseText.OfAsync(ResumeAsync(node, first.StreamId, 1));
        await second.ReadEventsAsync(2);
        await cluster.Silos.KillSiloAsync(dying);
        foreach (var reader in (SseText[])[first, second])
        {
            var text = await reader.ReadToEndAsync();
            Assert.Contains("data: {\"error\":", text, StringComparison.Ordinal);
            Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        }

        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the container is not left busy", GatewayCluster.AfterAKill);
        await Eventually.UntilAsync(async () => (int)(await ResumeAsync(node, first.StreamId, 0)).StatusCode == 404, "the answer is unknown", GatewayCluster.AfterAKill);
    }

    private static Task<SimulatedOllama> OllamaAsync() => Setup.OllamaAsync(perToken: TimeSpan.FromMilliseconds(40), tokens: Tokens);

    private static string Config(SimulatedOllama ollama, string transport) =>
        Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama) + $"  token_transport: {transport}\n");

    private static Task<HttpResponseMessage> AskAsync(HttpClient node) => node.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Headers = { { "x-resumable", "true" } },
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = "m", stream = true, messages = new[] { new { role = "user", content = "a b c" } } }), Encoding.UTF8, "application/json"),
        },
        HttpCompletionOption.ResponseHeadersRead);

    private static Task<HttpResponseMessage> ResumeAsync(HttpClient node, string id, long last) => node.SendAsync(
        new HttpRequestMessage(HttpMethod.Get, $"/v1/streams/{id}") { Headers = { { "Last-Event-ID", $"{last}" } } }, HttpCompletionOption.ResponseHeadersRead);
}
