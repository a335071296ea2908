using System.Text;
using OrleansLlm.Conversations;
using OrleansLlm.Support;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary><c>/v1/conversations</c>, and what asks models within them.</summary>
public class ConversationApiTests
{
    [Fact]
    public async Task AConversation_IsMade_Changed_AndDeleted()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var made = await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", """{"metadata":{"a":"b"},"items":[{"role":"user","content":"hello"}]}""");
        Assert.Equal(("conversation", "b"), (made.GetProperty("object").GetString(), made.GetProperty("metadata").GetProperty("a").GetString()));
        var path = $"/v1/conversations/{IdOf(made)}";
        Assert.Equal(made.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, path)).GetRawText());
        var changed = await gateway.JsonAsync(HttpMethod.Post, path, """{"metadata":{"c":"d"}}""");
        Assert.False(changed.GetProperty("metadata").TryGetProperty("a", out _));
        Assert.Single((await gateway.JsonAsync(HttpMethod.Get, $"{path}/items")).GetProperty("data").EnumerateArray());
        foreach (var (method, rest, body) in new[] { (HttpMethod.Get, "", (string?)null), (HttpMethod.Get, "/items", null), (HttpMethod.Post, "", """{"metadata":{}}"""), (HttpMethod.Delete, "", null), (HttpMethod.Post, "/items", """{"items":[{"role":"user","content":"x"}]}""") })
        {
            await gateway.JsonAsync(method, path + rest, body, key: "his", status: 404);
        }

        Assert.Equal("conversation.deleted", (await gateway.JsonAsync(HttpMethod.Delete, path)).GetProperty("object").GetString());
        await gateway.JsonAsync(HttpMethod.Get, path, status: 404);
    }

    [Fact]
    public async Task AnEmptyBody_MakesOneToo()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var made = await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations");
        Assert.StartsWith("conv_", IdOf(made), StringComparison.Ordinal);
        Assert.Empty((await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{IdOf(made)}/items")).GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task Responses_AreItsTurns_AndChatClientsGoOnWithThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var id = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", """{"items":[{"role":"developer","content":"be kind"}]}"""));
        var answer = await gateway.AskAsync($$"""{"model":"m","input":"one","conversation":"{{id}}","instructions":"now","user":"ada"}""");
        Assert.Equal(id, answer.GetProperty("conversation").GetProperty("id").GetString());
        await gateway.AskAsync($$"""{"model":"m","input":"two","conversation":{"id":"{{id}}"} }""");
        Assert.Equal(["system:be kind", "user:one", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
        using var chat = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestGateway.Chat("m", "three"), Encoding.UTF8, "application/json") };
        chat.Headers.Add("x-conversation-id", id);
        chat.Headers.Add("Authorization", "Bearer mine");
        Assert.Equal(200, (int)(await gateway.Http.SendAsync(chat)).StatusCode);
        Assert.Equal(6, Messages(ollama).Length);
        var items = (await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{id}/items?order=asc")).GetProperty("data");
        Assert.Equal(["developer", "user", "assistant", "user", "assistant", "user", "assistant"], items.EnumerateArray().Select(i => i.GetProperty("role").GetString()));
        // It is one's own only, and has to be there.
        await gateway.AskAsync($$"""{"model":"m","input":"x","conversation":"{{id}}"}""", key: "his", status: 404);
        var lost = await gateway.AskAsync("""{"model":"m","input":"x","conversation":"conv_nowhere"}""", status: 404);
        Assert.Equal("conversation_not_found", lost.GetProperty("error").GetProperty("code").GetString());
        var erased = await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations");
        Assert.Equal(1, erased.GetProperty("conversations").GetInt32());
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{id}", status: 404);
    }

    [Fact]
    public async Task Items_AreAddedOnce_Read_AndTakenAway()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var path = $"/v1/conversations/{IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"))}/items";
        const string items = """{"items":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"y"}]}""";
        var added = (await gateway.JsonAsync(HttpMethod.Post, path, items)).GetProperty("data");
        Assert.Equal(["message", "function_call", "function_call", "function_call_output"], added.EnumerateArray().Select(TypeOf));
        foreach (var item in added.EnumerateArray()) Assert.Equal(item.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"{path}/{IdOf(item)}")).GetRawText());
        await gateway.JsonAsync(HttpMethod.Delete, $"{path}/{IdOf(added[1])}");
        await gateway.JsonAsync(HttpMethod.Get, $"{path}/{IdOf(added[1])}", status: 404);
        var left = (await gateway.JsonAsync(HttpMethod.Get, $"{path}?order=asc")).GetProperty("data");
        // The others are still known by their ids.
        Assert.Equal([IdOf(added[0]), IdOf(added[2]), IdOf(added[3])], left.EnumerateArray().Select(IdOf));
        foreach (var item in left.EnumerateArray()) await gateway.JsonAsync(HttpMethod.Delete, $"{path}/{IdOf(item)}");
        Assert.Empty((await gateway.JsonAsync(HttpMethod.Get, path)).GetProperty("data").EnumerateArray());
        await gateway.JsonAsync(HttpMethod.Post, path, "{}", status: 400);
        await gateway.JsonAsync(HttpMethod.Get, $"{path}?limit=0", status: 400);
    }

    [Fact]
    public async Task WhereItsFirstItemsAreRefused_ThereIsNoConversation()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_bytes: 1024}\n");
        await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", $$"""{"items":[{"role":"user","content":"{{new string('x', 1024)}}"}]}""", status: 400);
        Assert.Equal(0, (await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations")).GetProperty("conversations").GetInt32());
    }

    [Fact]
    public async Task AKeyOfAnOlderTurn_ThatAskedSomethingElse_IsAConflict()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var id = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"));
        foreach (var (path, body) in new[]
        {
            ("/v1/responses", $$"""{"model":"m","input":"TEXT","conversation":"{{id}}"}"""),
            ($"/v1/conversations/{id}/items", """{"items":[{"role":"user","content":"TEXT"}]}"""),
        })
        {
            async Task<int> SayAsync(string text, string key)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body.Replace("TEXT", text, StringComparison.Ordinal), Encoding.UTF8, "application/json") };
                request.Headers.Add("Authorization", "Bearer mine");
                request.Headers.Add("Idempotency-Key", path + key);
                return (int)(await gateway.Http.SendAsync(request)).StatusCode;
            }

            Assert.Equal(200, await SayAsync("one", "1"));
            Assert.Equal(200, await SayAsync("two", "2"));
            var asked = ollama.Stats.Started;
            Assert.Equal(409, await SayAsync("three", "1"));
            Assert.Equal(asked, ollama.Stats.Started);
            // A late repetition is none.
            Assert.Equal(200, await SayAsync("one", "1"));
        }
    }

    [Fact]
    public async Task ItemsOfOneTurn_TakenAwayAtTheSameTime_AreAllGone()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var path = $"/v1/conversations/{IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"))}/items";
        var items = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"role":"user","content":"item {{i}}"}"""));
        var added = (await gateway.JsonAsync(HttpMethod.Post, path, $$"""{"items":[{{items}}]}""")).GetProperty("data").EnumerateArray().Select(IdOf).ToList();
        await Task.WhenAll(added.Skip(1).Select(id => gateway.JsonAsync(HttpMethod.Delete, $"{path}/{id}")));
        Assert.Equal(added[0], IdOf(Assert.Single((await gateway.JsonAsync(HttpMethod.Get, path)).GetProperty("data").EnumerateArray())));
    }

    [Fact]
    public async Task ARepeatedRequest_IsOneTurn()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var id = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"));
        foreach (var (path, body) in new[] { ("/v1/responses", $$"""{"model":"m","input":"one","conversation":"{{id}}"}"""), ($"/v1/conversations/{id}/items", """{"items":[{"role":"user","content":"two"}]}""") })
        {
            for (var i = 0; i < 2; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                request.Headers.Add("Authorization", "Bearer mine");
                request.Headers.Add("Idempotency-Key", path);
                Assert.Equal(200, (int)(await gateway.Http.SendAsync(request)).StatusCode);
            }
        }

        Assert.Equal(3, (await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{id}/items")).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task HoweverManyWereReadJustNow_ThereIsRoomForANewOne()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_conversations: 2}\n");
        for (var i = 0; i < 80; i++)
        {
            var id = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}", key: ""));
            await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{id}", key: "");
        }
    }

    [Fact]
    public async Task OneThatIsBeingAnswered_DoesNotMakeRoomForOthers()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 3);
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_conversations: 2}\n");
        var first = await BeginAsync();
        await gateway.JsonAsync(HttpMethod.Post, $"/v1/conversations/{first}/items", """{"items":[{"role":"user","content":"before"}]}""", key: "");
        var answer = gateway.AskAsync($$"""{"model":"m","input":"hello","conversation":"{{first}}"}""", key: "");
        await Eventually.UntilAsync(() => ollama.Stats.Started == 1, "it is being answered");
        await BeginAsync();
        await BeginAsync();
        await Eventually.UntilAsync(
            async () => (await gateway.Grains.GetGrain<IConversationListGrain>("anonymous").ListAsync())[^1].EndsWith(first, StringComparison.Ordinal), "it is the list's youngest");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(Setup.Second);
                return answer.IsCompleted;
            },
            "it is answered");
        Assert.Equal("completed", StatusOf(await answer));
        Assert.Equal(3, (await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{first}/items", key: "")).GetProperty("data").GetArrayLength());

        async Task<string> BeginAsync() => IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}", key: ""));
    }
}
