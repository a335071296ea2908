using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Clients that name a conversation and send only what is new.</summary>
public class ConversationTests
{
    [Theory]
    [InlineData(false, "ollama_chat")]
    [InlineData(true, "ollama_chat")]
    [InlineData(false, "openai")]
    [InlineData(true, "openai")]
    public async Task TheHistoryIsPrepended_AnswersIncluded(bool stream, string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, provider), Setup.Quiet(ollama)));
        var first = await SayAsync(gateway, "one", stream: stream);
        Assert.Equal("c", first.Headers.GetValues("x-conversation-id").Single());
        await SayAsync(gateway, "two", stream: stream);
        await SayAsync(gateway, "three", stream: stream);
        Assert.Equal(
            ["user:one", $"assistant:{Answer("one")}", "user:two", $"assistant:{Answer("two")}", "user:three"], Messages(ollama));
        // What names the conversation is no business of the backend.
        Assert.DoesNotContain("conversation", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheId_MayStandInTheBody_AndTheSystemPromptIsKept()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await PostAsync(gateway, """{"model":"m","conversation_id":"b","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"one"}]}""");
        await PostAsync(gateway, """{"messages":[{"role":"user","content":"two"}],"model":"m","conversation_id":"b"}""");
        Assert.Equal(["system:be kind", "user:one", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
        // A new one takes its place, at the head.
        await PostAsync(gateway, """{"model":"m","conversation_id":"b","messages":[{"role":"system","content":"be short"},{"role":"user","content":"three"}]}""");
        Assert.Equal(["system:be short", "user:one"], Messages(ollama)[..2]);
        Assert.Equal(["user:three"], Messages(ollama)[^1..]);
    }

    [Fact]
    public async Task ARequestWithoutAnId_HasNoHistory()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await SayAsync(gateway, "one");
        var plain = await gateway.PostAsync(TestGateway.Chat("m", "two"));
        Assert.False(plain.Headers.Contains("x-conversation-id"));
        Assert.Equal(["user:two"], Messages(ollama));
    }

    [Fact]
    public async Task AGuessedId_IsANewConversationOfOnesOwn()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await SayAsync(gateway, "secret", key: "hers", user: "ada");
        // Another key, the same key with another user, and another key that claims to be her.
        foreach (var (key, user) in new[] { ("his", (string?)null), ("hers", "charles"), ("hers", null), ("his", "ada"), ("", "ada") })
        {
            await SayAsync(gateway, "what was it?", key: key, user: user);
            Assert.Equal(["user:what was it?"], Messages(ollama));
            Assert.Equal(404, (int)(await SendAsync(gateway, HttpMethod.Delete, "/v1/conversations/c?user=eve", key: key)).StatusCode);
        }

        await SayAsync(gateway, "again", key: "hers", user: "ada");
        Assert.Equal(3, Messages(ollama).Length);
    }

    [Fact]
    public async Task ARetry_NeverStoresTheSameTurnTwice()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await SayAsync(gateway, "zero");
        await SayAsync(gateway, "one", turn: "t1");
        await SayAsync(gateway, "one", turn: "t1");
        // The retry is asked without the turn it repeats.
        Assert.Equal(["user:zero", $"assistant:{Answer("zero")}", "user:one"], Messages(ollama));
        await SayAsync(gateway, "two");
        await SayAsync(gateway, "two", retry: 1);
        await SayAsync(gateway, "three");
        Assert.Equal(["user:zero", "user:one", "user:two", "user:three"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
        // Saying the same again is not a retry.
        await SayAsync(gateway, "three");
        Assert.Equal(2, Messages(ollama).Count(m => m == "user:three"));
    }

    [Fact]
    public async Task ARepetition_OfWhatWasRefused_DoesNotTakeThePlaceOfAnEarlierTurnInTheSameWords()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await SayAsync(gateway, "a story");
        await SayAsync(gateway, "go on");
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429 });
        Assert.Equal(429, (int)(await gateway.Http.SendAsync(Say("go on"))).StatusCode);
        await SayAsync(gateway, "go on", retry: 1);
        Assert.Equal(["user:a story", "user:go on", "user:go on"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
        // Its answer got lost: now it is the last turn that is repeated.
        await SayAsync(gateway, "go on", retry: 1);
        Assert.Equal(["user:a story", "user:go on", "user:go on"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
        // An id of the client's own says it without words.
        await SayAsync(gateway, "go on", retry: 1, turn: "new");
        await SayAsync(gateway, "the end");
        Assert.Equal(["user:a story", "user:go on", "user:go on", "user:go on", "user:the end"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AClientThatSendsEverythingAlong_IsNotStoredTwice()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var messages = """{"role":"user","content":"one"}""";
        for (var i = 0; i < 3; i++)
        {
            await PostAsync(gateway, $$"""{"model":"m","conversation_id":"f","messages":[{{messages}}]}""");
            var last = Messages(ollama)[^1]["user:".Length..];
            messages += $$""",{"role":"assistant","content":"{{Answer(last)}}"},{"role":"user","content":"more {{i}}"}""";
        }

        Assert.Equal(["user:one", "user:more 0", "user:more 1"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
        Assert.Equal(5, Messages(ollama).Length);
    }

    [Fact]
    public async Task AnExample_ThatSaysWhatTheLastAnswerSaid_IsNew()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        await SayAsync(gateway, "one");
        await PostAsync(gateway, $$"""{"model":"m","conversation_id":"x","messages":[{"role":"user","content":"one"}]}""");
        await PostAsync(gateway, $$"""{"model":"m","conversation_id":"x","messages":[{"role":"user","content":"an example"},{"role":"assistant","content":"{{Answer("one")}}"},{"role":"user","content":"two"}]}""");
        Assert.Equal(["user:one", $"assistant:{Answer("one")}", "user:an example", $"assistant:{Answer("one")}", "user:two"], Messages(ollama));
        // A client that has only the end of it left, in its own spelling.
        await PostAsync(gateway, $$"""{"model":"m","conversation_id":"x","messages":[{"content":[{"type":"text","text":"two"}],"role":"user"},{"role":"assistant","content":"{{Answer("two")}}"},{"role":"user","content":"three"}]}""");
        Assert.Equal(7, Messages(ollama).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolCalls_AreStored_AndTheirResultsFindThem(bool stream)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, "openai"), Setup.Quiet(ollama)));
        const string tools = """ "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{}}}}]""";
        var asked = stream ? "true" : "false";
        await PostAsync(gateway, $$"""{"model":"m","stream":{{asked}},"conversation_id":"t",{{tools}},"messages":[{"role":"user","content":"Call the tool get_weather"}]}""");
        await PostAsync(gateway, $$"""{"model":"m","conversation_id":"t",{{tools}},"messages":[{"role":"tool","tool_call_id":"x","content":"sunny"}]}""");
        using var body = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        var messages = body.RootElement.GetProperty("messages");
        Assert.Equal(["user", "assistant", "tool"], messages.EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        Assert.Equal("get_weather", messages[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.NotEqual("", messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task AnAnswerThatBrokeOff_StoresNothing()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 20);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using (var leaving = new CancellationTokenSource())
        {
            var response = await gateway.Http.SendAsync(Say("one", stream: true), HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            await (await response.Content.ReadAsStreamAsync(leaving.Token)).ReadExactlyAsync(new byte[10], leaving.Token);
            await leaving.CancelAsync();
            response.Dispose();
        }

        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend has seen that the client left");
        var next = gateway.Http.SendAsync(Say("two"));
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "the next turn runs");
        Assert.Equal(["user:two"], Messages(ollama));
        while (!next.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        Assert.Equal(200, (int)(await next).StatusCode);
    }

    [Fact]
    public async Task TheHistory_IsTruncatedToTheModelsContext_ByWholeTurns_TheSystemPromptKept()
    {
        await using var ollama = await Setup.OllamaAsync();
        var model = Setup.Model("m", ollama).Replace("}}", "}, model_info: {max_input_tokens: 120}}", StringComparison.Ordinal);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(model, Setup.Quiet(ollama)));
        await PostAsync(gateway, """{"model":"m","conversation_id":"c","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"turn-0"}]}""");
        for (var i = 1; i < 12; i++) await SayAsync(gateway, $"turn-{i}", key: "");
        var messages = Messages(ollama);
        Assert.Equal("system:be kind", messages[0]);
        Assert.InRange(messages.Length, 4, 14);
        Assert.StartsWith("user:", messages[1], StringComparison.Ordinal);
        Assert.Equal("user:turn-11", messages[^1]);
        Assert.Equal($"user:turn-{11 - (messages.Length - 2) / 2}", messages[1]);
    }

    [Fact]
    public async Task ABoundIsKept_TheOldestTurnsGoFirst()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama), Setup.Quiet(ollama) + "  conversations: {max_turns: 2, max_bytes: 2048, max_conversations: 2}\n"));
        for (var i = 0; i < 5; i++) await SayAsync(gateway, $"turn-{i}");
        Assert.Equal(["user:turn-2", "user:turn-3", "user:turn-4"], Messages(ollama).Where(m => m.StartsWith("user:", StringComparison.Ordinal)));
        var refused = await gateway.Http.SendAsync(Say(new string('x', 3000), id: "other"));
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal("conversation_turn_too_large", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        // The third conversation takes the place of the first.
        await SayAsync(gateway, "x", id: "d");
        await SayAsync(gateway, "y", id: "e");
        await Eventually.UntilAsync(async () => (await SendAsync(gateway, HttpMethod.Delete, "/v1/conversations/c")).StatusCode == System.Net.HttpStatusCode.NotFound, "the oldest conversation is deleted");
    }

    [Fact]
    public async Task ARestart_KeepsAConversation()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-state-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        var config = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama));
        await using (var gateway = await TestGateway.StartAsync(config, folder: folder)) await SayAsync(gateway, "one");
        await using (var gateway = await TestGateway.StartAsync(config, folder: folder)) await SayAsync(gateway, "two");
        Assert.Equal(3, Messages(ollama).Length);
        Directory.Delete(folder, recursive: true);
    }

    [InjectedTimeFact]
    public async Task AConversation_IsForgottenWhenItsTimeToLiveIsOver()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  conversations: {ttl: 100}\n"), time);
        await SayAsync(gateway, "one");
        time.Advance(TimeSpan.FromSeconds(99));
        await SayAsync(gateway, "two");
        Assert.Equal(3, Messages(ollama).Length);
        time.Advance(TimeSpan.FromSeconds(101));
        await SayAsync(gateway, "three");
        Assert.Equal(["user:three"], Messages(ollama));
    }

    [Fact]
    public async Task ErasingOnesOwn_DeletesAllOfThem_SaysSo_AndTouchesNobodyElses()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        foreach (var id in new[] { "a", "b" }) await SayAsync(gateway, "mine", id: id, key: "k", user: "ada");
        await SayAsync(gateway, "mine", id: "b", key: "k", user: "ada");
        await SayAsync(gateway, "theirs", id: "a", key: "k", user: "charles");
        await SayAsync(gateway, "theirs", id: "a", key: "other", user: "ada");
        var erased = await JsonAsync(await SendAsync(gateway, HttpMethod.Delete, "/v1/conversations?user=ada", "k"));
        Assert.Equal((2, 3), (erased.GetProperty("conversations").GetInt32(), erased.GetProperty("turns").GetInt32()));
        Assert.Equal(["a", "b"], erased.GetProperty("ids").EnumerateArray().Select(i => i.GetString()).Order());
        Assert.True(erased.GetProperty("bytes").GetInt64() > 0);
        foreach (var (key, user, left) in new[] { ("k", "ada", 1), ("k", "charles", 3), ("other", "ada", 3) })
        {
            await SayAsync(gateway, "again", id: "a", key: key, user: user);
            Assert.Equal(left, Messages(ollama).Length);
        }
    }

    [Fact]
    public async Task AnAdministrator_ErasesAUser_UnderEveryKey()
    {
        await using var ollama = await Setup.OllamaAsync();
        var config = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama));
        await using (var open = await TestGateway.StartAsync(config))
        {
            Assert.Equal(403, (int)(await SendAsync(open, HttpMethod.Delete, "/v1/users/user:ada/conversations")).StatusCode);
        }

        await using var gateway = await TestGateway.StartAsync(config + "general_settings: {master_key: sk-master}\n");
        foreach (var id in new[] { "a", "b" }) await SayAsync(gateway, "x", id: id, key: "sk-master", user: "ada");
        Assert.Equal(401, (int)(await SendAsync(gateway, HttpMethod.Delete, "/v1/users/user:ada/conversations", "guess")).StatusCode);
        var erased = await JsonAsync(await SendAsync(gateway, HttpMethod.Delete, "/v1/users/user:ada/conversations", "sk-master"));
        Assert.Equal(2, erased.GetProperty("conversations").GetInt32());
        erased = await JsonAsync(await SendAsync(gateway, HttpMethod.Delete, "/v1/users/user:ada/conversations", "sk-master"));
        Assert.Equal(0, erased.GetProperty("conversations").GetInt32());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a b")]
    public async Task AnIdThatIsNone_IsA400(string id)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        Assert.Equal(400, (int)(await gateway.Http.SendAsync(Say("x", id: id))).StatusCode);
    }

    private static string Answer(string text) => $"This is a simulated answer from m to: {text}";

    /// <summary>What the backend was asked last, as role:text.</summary>
    private static string[] Messages(SimulatedOllama ollama)
    {
        using var body = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        return [.. body.RootElement.GetProperty("messages").EnumerateArray().Select(m => $"{m.GetProperty("role").GetString()}:{m.GetProperty("content").GetString()}")];
    }

    private static async Task<HttpResponseMessage> SayAsync(
        TestGateway gateway, string text, string id = "c", bool stream = false, string key = "", string? user = null, string? turn = null, int retry = 0)
    {
        var response = await gateway.Http.SendAsync(Say(text, id, stream, key, user, turn, retry));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.DoesNotContain("\"error\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        return response;
    }

    private static HttpRequestMessage Say(
        string text, string id = "c", bool stream = false, string key = "", string? user = null, string? turn = null, int retry = 0)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = "m", stream, user, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-conversation-id", id);
        if (key.Length > 0) request.Headers.Add("Authorization", $"Bearer {key}");
        if (turn is not null) request.Headers.Add("Idempotency-Key", turn);
        if (retry > 0) request.Headers.Add("x-stainless-retry-count", $"{retry}");
        return request;
    }

    private static async Task PostAsync(TestGateway gateway, string body)
    {
        var response = await gateway.PostAsync(body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 200 && !text.Contains("\"error\"", StringComparison.Ordinal), text);
    }

    private static Task<HttpResponseMessage> SendAsync(TestGateway gateway, HttpMethod method, string path, string key = "")
    {
        var request = new HttpRequestMessage(method, path);
        if (key.Length > 0) request.Headers.Add("Authorization", $"Bearer {key}");
        return gateway.Http.SendAsync(request);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        Assert.Equal(200, (int)response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.Clone();
    }
}
