using System.Text;
using System.Text.Json;
using OrleansLlm.Conversations;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Stored conversations on three silos, any one of which may be killed.</summary>
public class ConversationTests
{
    [Fact]
    public async Task TurnsAcknowledgedBeforeAKill_AreThereAfterIt_OnceEach()
    {
        const int conversations = 6;
        const int turnsEach = 6;
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var half = new TaskCompletionSource();
        var (done, again) = (0, 0);
        var talks = Enumerable.Range(0, conversations).Select(async c =>
        {
            for (var t = 0; t < turnsEach; t++)
            {
                // What was not acknowledged, because its inference was on the killed silo, is asked again.
                while (!await IsAcknowledgedAsync(cluster.Http, $"c{c}", $"c{c}-t{t}", stream: t % 2 == 0)) Interlocked.Increment(ref again);
                if (Interlocked.Increment(ref done) == conversations * 2) half.SetResult();
            }
        }).ToList();
        await Task.WhenAny(half.Task, Task.WhenAll(talks));
        // The home of one of the conversations, while all of them go on.
        var home = await cluster.SiloOfAsync(Conversation(cluster, "c0"));
        await cluster.Silos.KillSiloAsync(home);
        await Task.WhenAll(talks);
        Assert.InRange(again, 0, conversations);
        Assert.NotEqual(home, await cluster.SiloOfAsync(Conversation(cluster, "c0")));
        for (var c = 0; c < conversations; c++)
        {
            var id = $"c{c}";
            var content = await GatewayCluster.AgainAsync(() => Conversation(cluster, id).ReadAsync());
            Assert.Equal(Enumerable.Range(0, turnsEach).Select(t => $"c{c}-t{t}"), content.Turns.Select(t => Text(t.Asked)));
            Assert.All(content.Turns, t => Assert.NotEqual("", Text(t.Answer)));
        }
    }

    [Fact]
    public async Task AHistory_IsTheSameOnEveryNode()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        for (var i = 0; i < 3; i++)
        {
            var node = await cluster.AddFrontEndAsync(cluster.Silos.Silos[i]);
            using var answer = await SayAsync(node, "shared", $"t{i}", stream: false);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        using var last = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        var asked = last.RootElement.GetProperty("messages").EnumerateArray().Where(m => m.GetProperty("role").GetString() == "user");
        Assert.Equal(["t0", "t1", "t2"], asked.Select(m => m.GetProperty("content").GetString()));
    }

    private static IConversationGrain Conversation(GatewayCluster cluster, string id) =>
        cluster.Silos.Client.GetGrain<IConversationGrain>(ConversationKeys.Of("anonymous/user:u", id));

    private static async Task<bool> IsAcknowledgedAsync(HttpClient node, string id, string text, bool stream)
    {
        using var answer = await SayAsync(node, id, text, stream);
        var body = await answer.Content.ReadAsStringAsync();
        var isWhole = (int)answer.StatusCode == 200 && (!stream || body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
        Assert.NotEqual(isWhole, body.Contains("\"error\"", StringComparison.Ordinal));
        return isWhole;
    }

    private static Task<HttpResponseMessage> SayAsync(HttpClient node, string id, string text, bool stream)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = "m", user = "u", stream, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-conversation-id", id);
        request.Headers.Add("Idempotency-Key", text);
        return node.SendAsync(request);
    }

    private static string Text(ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        return json.RootElement.GetProperty("content").GetString()!;
    }
}
