using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Caching;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Ledger;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Keys;
using OrleansLlm.Tests.Gateway.Telemetry;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Answers that are given again, and identical requests that share one inference.</summary>
public class CacheTests
{
    private const string On = "litellm_settings: {cache: true, cache_params: {type: local, ttl: 600}}\n";

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task TheSameRequestAgain_IsAHit_WhateverItsForm(bool first, bool second)
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 20);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var (miss, said) = await AskAsync(gateway, Body("x", stream: first));
        var (hit, again) = await AskAsync(gateway, Body("x", stream: second));
        Assert.Equal(("miss", "hit"), (CacheOf(miss), CacheOf(hit)));
        Assert.Equal(said, again);
        Assert.NotEqual("", said);
        Assert.Equal(1, ollama.Stats.Started);
        Assert.Matches("^[0-9a-f]{64}$", hit.Headers.GetValues("x-litellm-cache-key").Single());
        Assert.False(miss.Headers.Contains("x-litellm-cache-key"));
        Assert.Equal("0.0", hit.Headers.GetValues("x-litellm-response-cost").Single());
        Assert.NotEqual(said, (await AskAsync(gateway, Body("other question"))).Text);
        Assert.Equal(2, ollama.Stats.Started);
    }

    [Fact]
    public async Task AHitTellsTheAnswerWithItsIdAndUsage_AndUsageInAStreamOnlyWhereWanted()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 20);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var first = await JsonAsync(gateway, Body("x"));
        var hit = await JsonAsync(gateway, Body("x"));
        Assert.Equal(first.GetRawText(), hit.GetRawText());
        var plain = await (await gateway.PostAsync(Body("x", stream: true))).Content.ReadAsStringAsync();
        Assert.DoesNotContain("usage", plain, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", plain, StringComparison.Ordinal);
        var chunks = Chunks(await (await gateway.PostAsync(Body("x", stream: true, more: ",\"stream_options\":{\"include_usage\":true}"))).Content.ReadAsStringAsync());
        Assert.Equal(20, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
        Assert.Equal("stop", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(chunks, c => Assert.Equal(("chat.completion.chunk", first.GetProperty("id").GetString()), (c.GetProperty("object").GetString(), c.GetProperty("id").GetString())));
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task HitsMissesAndCachedTokens_AreCounted_AndARequestThatDoesNotAskIsNeither()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 20);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        foreach (var stream in (bool[])[false, true, false]) await AskAsync(gateway, Body("x", stream: stream));
        await AskAsync(gateway, Body("y"));
        await AskAsync(gateway, Body("z", more: ",\"cache\":{\"no-cache\":true}"));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        (await gateway.PostAsync(Body("fails"))).Dispose();
        var shown = await gateway.MetricsUntilAsync(m => m["orleansllm_requests_total"] == 6, "all are counted");
        Assert.Equal((2, 2), (Of("litellm_cache_hits_metric_total"), Of("litellm_cache_misses_metric_total")));
        var cached = Of("litellm_cached_tokens_metric_total");
        Assert.True(cached > 40, "prompts and answers of both hits");
        Assert.Equal(cached, shown["litellm_cached_tokens_metric_total"]);

        double Of(string name) => shown[name, ("model", "ollama_chat/m"), ("api_provider", "ollama_chat")];
    }

    [Fact]
    public async Task WithoutTheCache_NothingIsKept_AndNoHeaderSpeaksOfIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        for (var i = 0; i < 2; i++) Assert.False((await AskAsync(gateway, Body("x", more: ",\"cache\":{\"ttl\":5}"))).Response.Headers.Contains("x-cache"));
        Assert.Equal(2, ollama.Stats.Started);
    }

    [Theory]
    [InlineData("\"temperature\":0.5", "\"temperature\":0.6")]
    [InlineData("\"seed\":1", "\"seed\":2")]
    [InlineData("\"stop\":[\"a\"]", "\"stop\":[\"b\"]")]
    [InlineData("\"cache\":{\"namespace\":\"a\"}", "\"cache\":{\"namespace\":\"b\"}")]
    [InlineData("\"user\":\"ada\"", "\"user\":\"bob\"")]
    public async Task WhatTheAnswerDependsOn_IsPartOfTheKey(string one, string other)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("x", more: "," + one))).Response));
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("x", more: "," + other))).Response));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("x", more: "," + one))).Response));
    }

    [Fact]
    public async Task FormOrderAndMetadata_AreNot()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, """{"model":"m","seed":1,"top_p":0.5,"messages":[{"role":"user","content":"xA"}]}""")).Response));
        var same = """{"messages":[{"content":"x\u0041","role":"user"}],"metadata":{"a":"b"},"timeout":99,"top_p":0.5,"model":"m","stop":null,"seed":1}""";
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, same)).Response));
    }

    [Fact]
    public async Task KeysSeparateUsers_UnlessTheConfigurationSharesAnswers()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(ollama)))
        {
            Assert.Equal(["miss", "miss", "hit"], [await AsAsync(gateway, "one"), await AsAsync(gateway, "two"), await AsAsync(gateway, "one")]);
        }

        await using var shared = await TestGateway.StartAsync(Config(ollama, "  cache: {shared: true}\n"));
        Assert.Equal(["miss", "hit", "hit"], [await AsAsync(shared, "one"), await AsAsync(shared, "two"), await AsAsync(shared, "one")]);

        static async Task<string> AsAsync(TestGateway gateway, string key)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Body("x"), Encoding.UTF8, "application/json") };
            request.Headers.Add("Authorization", "Bearer " + key);
            return CacheOf(await gateway.Http.SendAsync(request));
        }
    }

    [Fact]
    public async Task NoCacheAsksAnew_AndItsAnswerReplacesTheOther()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var first = await JsonAsync(gateway, Body("x"));
        var anew = await JsonAsync(gateway, Body("x", more: ",\"cache\":{\"no-cache\":true}"));
        Assert.NotEqual(first.GetProperty("id").GetString(), anew.GetProperty("id").GetString());
        Assert.Equal(anew.GetProperty("id").GetString(), (await JsonAsync(gateway, Body("x"))).GetProperty("id").GetString());
        Assert.Equal(2, ollama.Stats.Started);
    }

    [Fact]
    public async Task NoStoreKeepsNothing_AndTakesWhatIsThere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        string[] asked = [Body("x", more: ",\"cache\":{\"no-store\":true}"), Body("x"), Body("x", more: ",\"cache\":{\"no-store\":true}")];
        List<string> answers = [];
        foreach (var body in asked) answers.Add(CacheOf((await AskAsync(gateway, body)).Response));
        Assert.Equal(["miss", "miss", "hit"], answers);
    }

    [Fact]
    public async Task ModeDefaultOff_CachesOnlyWhoAsksForIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "litellm_settings: {cache: true, cache_params: {type: local, mode: default_off}}\n"));
        for (var i = 0; i < 2; i++) Assert.False((await AskAsync(gateway, Body("x"))).Response.Headers.Contains("x-cache"));
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("x", more: ",\"cache\":{\"use-cache\":true}"))).Response));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("x", more: ",\"cache\":{\"use-cache\":true}"))).Response));
    }

    [Theory]
    [InlineData("{\"ttl\":\"long\"}", "cache.ttl")]
    [InlineData("{\"ttl\":-1}", "cache.ttl")]
    [InlineData("{\"no-cache\":1}", "cache.no-cache")]
    [InlineData("true", "cache")]
    public async Task AControlThatMeansNothing_IsABadRequest(string controls, string param)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var response = await gateway.PostAsync(Body("x", more: $",\"cache\":{controls}"));
        Assert.Equal((400, param), ((int)response.StatusCode, (await Setup.ErrorAsync(response)).GetProperty("param").GetString()));
    }

    [InjectedTimeFact]
    public async Task AnAnswerLivesAsLongAsItsTtl_AndNotLongerThanWantedByItsReader()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama), time);
        await AskAsync(gateway, Body("long"));
        await AskAsync(gateway, Body("short", more: ",\"cache\":{\"ttl\":60}"));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("short"))).Response));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("long", more: ",\"cache\":{\"s-maxage\":59}"))).Response));
        time.Advance(Setup.Second);
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("short", more: ",\"cache\":{\"ttl\":1}"))).Response));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("long"))).Response));
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("long", more: ",\"cache\":{\"s-maxage\":59}"))).Response));
        time.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("long"))).Response));
        time.Advance(Setup.Second);
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("long"))).Response));
    }

    [Fact]
    public async Task TheLongestUnusedGo_WhenTheMemoryIsFull()
    {
        await using var ollama = await Setup.OllamaAsync();
        // An answer and its place take about 4.5 kB.
        await using var gateway = await TestGateway.StartAsync(Config(ollama, "  cache: {max_bytes: 10000}\n"));
        await AskAsync(gateway, Body("a"));
        await AskAsync(gateway, Body("b"));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("a"))).Response));
        await AskAsync(gateway, Body("c"));
        await Eventually.UntilAsync(async () => CacheOf((await AskAsync(gateway, Body("b", more: ",\"cache\":{\"no-store\":true}"))).Response) == "miss", "b has gone");
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("a"))).Response));
        Assert.Equal("hit", CacheOf((await AskAsync(gateway, Body("c"))).Response));
    }

    [Fact]
    public async Task AnAnswerThatIsTooLarge_IsNotKept()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 2000);
        await using var gateway = await TestGateway.StartAsync(Config(ollama, "  cache: {max_entry_bytes: 1024}\n"));
        for (var i = 0; i < 2; i++) Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("x", stream: i == 0))).Response));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFailure_IsToldToAllWhoWait_AndNeverKept(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second, tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        Assert.Equal(500, (int)(await gateway.PostAsync(Body("x", stream))).StatusCode);
        // One that breaks off after its first tokens.
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 2 });
        var requests = await InFlightAsync(gateway, ollama, Body("x", stream), 5);
        foreach (var response in await FinishAsync(time, Task.WhenAll(requests)))
        {
            Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1, ollama.Stats.Started);
        var after = AskAsync(gateway, Body("x", stream));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "another inference runs");
        Assert.Equal("miss", CacheOf((await FinishAsync(time, after)).Response));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IdenticalRequestsInFlight_AreOneInference(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second, tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        var requests = await InFlightAsync(gateway, ollama, Body("x", stream), 20);
        var answers = await FinishAsync(time, Task.WhenAll(requests.Select(async r => (Response: await r, Text: await TextAsync(await r)))));
        Assert.Single(answers.Select(a => a.Text).Distinct());
        Assert.NotEqual("", answers[0].Text);
        Assert.Equal(["joined:19", "miss:1"], answers.GroupBy(a => CacheOf(a.Response)).Select(g => $"{g.Key}:{g.Count()}").Order());
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhoeverBegan_MayLeave_AndTheOthersGetTheAnswer(bool stream)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second, tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        using var leave = new CancellationTokenSource();
        var leader = gateway.PostAsync(Body("x", stream), leave.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var others = await InFlightAsync(gateway, ollama, Body("x", stream), 3, before: 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        await LedgerAsync(gateway, 1);
        foreach (var other in await FinishAsync(time, Task.WhenAll(others))) Assert.NotEqual("", await TextAsync(other));
        Assert.Equal((1, 0), (ollama.Stats.Started, ollama.Stats.Cancelled));
        // The one who left pays nothing, and of those who stayed exactly one.
        var rows = await LedgerAsync(gateway, 4);
        Assert.Equal(0, rows.Single(r => r.Status == "cancelled").Cost);
        Assert.Equal([false, true, true], rows.Where(r => r.Status == "success").Select(r => r.CacheHit).Order());
        Assert.All(rows.Where(r => r.CacheHit), r => Assert.Equal(0, r.Cost));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhenTheLastHasLeft_TheBackendStops(bool stream)
    {
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        using var leave = new CancellationTokenSource();
        var requests = await InFlightAsync(gateway, ollama, Body("x", stream), 4, leave.Token);
        await leave.CancelAsync();
        foreach (var request in requests) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task WhoComesInTheMiddleOfAStream_GetsItFromItsBeginning()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 4);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        using var first = await SseText.OfAsync(gateway.PostAsync(Body("x", stream: true)));
        await first.ReadEventsAsync(1);
        using var second = await SseText.OfAsync(gateway.PostAsync(Body("x", stream: true)));
        Assert.Equal("joined", CacheOf(second.Response));
        await second.ReadEventsAsync(1);
        var texts = await FinishAsync(time, Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync()));
        Assert.Equal(texts[0], texts[1]);
        Assert.EndsWith("data: [DONE]\n\n", texts[1], StringComparison.Ordinal);
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task AHitCountsAsARequestOfItsLimits_AndUsesNoTokens()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama, "  limits: {user: {rpm: 3, tpm: 100000}}\n"));
        var (miss, _) = await AskAsync(gateway, Body("x"));
        var (hit, _) = await AskAsync(gateway, Body("x"));
        await AskAsync(gateway, Body("x"));
        Assert.Equal(["2", "1"], new[] { miss, hit }.Select(r => r.Headers.GetValues("x-ratelimit-remaining-requests").Single()));
        var (before, after) = (Tokens(hit), Tokens(await gateway.PostAsync(Body("x"))));
        Assert.Equal(before, after);
        Assert.Equal(429, (int)(await gateway.PostAsync(Body("x"))).StatusCode);

        static string Tokens(HttpResponseMessage response) => response.Headers.GetValues("x-ratelimit-remaining-tokens").Single();
    }

    [Fact]
    public async Task ATurnThatIsAHit_IsStoredInItsConversation()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama));
        foreach (var conversation in (string[])["one", "two"])
        {
            var opened = await AskAsync(gateway, Body("first", more: $",\"conversation_id\":\"{conversation}\""));
            Assert.Equal(conversation == "one" ? "miss" : "hit", CacheOf(opened.Response));
            // The same words, but another history: another question.
            var next = await AskAsync(gateway, Body("first", more: $",\"conversation_id\":\"{conversation}\""));
            Assert.Equal(conversation == "one" ? "miss" : "hit", CacheOf(next.Response));
        }

        Assert.Equal(2, ollama.Stats.Started);
    }

    [Fact]
    public async Task AnswerOfAFallback_IsNotKept()
    {
        await using var first = await Setup.OllamaAsync();
        await using var second = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", first) + Setup.Model("other", second),
            "litellm_settings: {cache: true, cache_params: {type: local}, fallbacks: [{m: [other]}]}\n" + Setup.Quiet(first, second)));
        first.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503 });
        var fallen = await AskAsync(gateway, Body("x"));
        Assert.Equal("other", fallen.Response.Headers.GetValues("x-litellm-fallback-model").Single());
        Assert.Equal("miss", CacheOf((await AskAsync(gateway, Body("x"))).Response));
    }

    [Fact]
    public async Task TheAdministrator_DeletesOneAnswerOrAll_AndNobodyElseDoes()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var admin = await KeyGateway.StartAsync(ollama, general: ", cache: true, cache_params: {type: local}");
        Assert.Equal("miss", CacheOf(await admin.ChatAsync(KeyGateway.Master)));
        Assert.Equal("miss", CacheOf(await admin.ChatAsync(KeyGateway.Master, model: "n")));
        var hit = await admin.ChatAsync(KeyGateway.Master);
        var key = hit.Headers.GetValues("x-litellm-cache-key").Single();
        Assert.Equal("healthy", (await admin.AskAsync("/cache/ping")).GetProperty("status").GetString());
        Assert.Equal(1, (await admin.AskAsync("/cache/delete", new { keys = (string[])[key] })).GetProperty("deleted").GetInt32());
        Assert.Equal(["miss", "hit"], new[] { CacheOf(await admin.ChatAsync(KeyGateway.Master)), CacheOf(await admin.ChatAsync(KeyGateway.Master, model: "n")) });
        Assert.Equal("success", (await admin.AskAsync("/cache/flushall", new { })).GetProperty("status").GetString());
        // Within a second, which is a matter of the clock: the answer itself is not stored again meanwhile.
        await Eventually.UntilAsync(
            async () => CacheOf(await admin.PostAsync("/v1/chat/completions", new { model = "n", messages = new[] { new { role = "user", content = "x" } }, cache = new Dictionary<string, bool> { ["no-store"] = true } })) == "miss",
            "the answer has gone");
        var virtualKey = await admin.NewKeyAsync(new { });
        foreach (var path in (string[])["/cache/delete", "/cache/flushall"]) Assert.Equal(403, (int)(await admin.PostAsync(path, new { keys = (string[])[key] }, virtualKey)).StatusCode);
        Assert.Equal(400, (int)(await admin.PostAsync("/cache/delete", new { keys = (string[])["nothing of ours"] })).StatusCode);
    }

    [InjectedTimeFact]
    public async Task AnAnswer_ExpiresInItsTime_AlsoAfterTheClockWasSetBack()
    {
        var time = new ManualTime();
        var clock = new ClockThatIsSet(time);
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama), clock);
        foreach (var expected in (string[])["miss", "hit"]) Assert.Equal(expected, await HitOrMissAsync(gateway));

        clock.Set(TimeSpan.FromHours(-3));
        time.Advance(TimeSpan.FromSeconds(601));

        Assert.Equal("miss", await HitOrMissAsync(gateway));
    }

    [InjectedTimeFact]
    public async Task AFlushByAClockThatWasAhead_DoesNotKeepAnswersFromBeingStored()
    {
        var time = new ManualTime();
        var clock = new ClockThatIsSet(time);
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Config(ollama), clock);
        clock.Set(TimeSpan.FromDays(30));
        await gateway.Grains.GetGrain<ICacheFlushGrain>(ICacheFlushGrain.Key).FlushAsync();
        clock.Set(TimeSpan.Zero);

        // The first one stores; the second one finds out when the flush was, which is moved to now, and stores in the same moment.
        foreach (var expected in (string[])["miss", "miss", "miss", "hit", "hit"])
        {
            Assert.Equal(expected, await HitOrMissAsync(gateway));
            time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    private static async Task<string> HitOrMissAsync(TestGateway gateway) => CacheOf((await AskAsync(gateway, Body("x"))).Response);

    private static string Config(SimulatedOllama ollama, string gateway = "") => Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + gateway + On);

    private static string Body(string text, bool stream = false, string more = "") =>
        $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":{{JsonSerializer.Serialize(text)}}}]{{more}}}""";

    private static string CacheOf(HttpResponseMessage response) => response.Headers.TryGetValues("x-cache", out var values) ? values.Single() : $"none, status {(int)response.StatusCode}";

    private static async Task<(HttpResponseMessage Response, string Text)> AskAsync(TestGateway gateway, string body)
    {
        var response = await gateway.PostAsync(body);
        return (response, await TextAsync(response));
    }

    private static async Task<JsonElement> JsonAsync(TestGateway gateway, string body) =>
        JsonDocument.Parse(await (await gateway.PostAsync(body)).Content.ReadAsStringAsync()).RootElement;

    /// <summary>What the model said, whatever the form.</summary>
    private static async Task<string> TextAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode) Assert.Fail($"{(int)response.StatusCode}: {body}");
        if (response.Content.Headers.ContentType!.MediaType == "application/json")
        {
            return JsonDocument.Parse(body).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        }

        return string.Concat(Chunks(body).SelectMany(c => c.GetProperty("choices").EnumerateArray())
            .Select(c => c.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null));
    }

    private static List<JsonElement> Chunks(string sse) =>
        [.. SseText.Events(sse).Where(e => !e.EndsWith("[DONE]", StringComparison.Ordinal)).Select(e => JsonDocument.Parse(e["data: ".Length..]).RootElement)];

    /// <summary>Requests whose inference has not said anything yet, and that all read it.</summary>
    private static async Task<List<Task<HttpResponseMessage>>> InFlightAsync(
        TestGateway gateway, SimulatedOllama ollama, string body, int count, CancellationToken cancellationToken = default, int before = 0)
    {
        var readers = gateway.Services.GetRequiredService<CacheServices>();
        List<Task<HttpResponseMessage>> requests = [];
        for (var i = 0; i < count; i++) requests.Add(gateway.PostAsync(body, cancellationToken));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        await Eventually.UntilAsync(() => readers.Reading == before + count, $"{count} more requests read it");
        return requests;
    }

    /// <summary>Lets the backend's time pass until it has answered: it may not have begun to wait yet.</summary>
    private static async Task<T> FinishAsync<T>(ManualTime time, Task<T> answers)
    {
        while (!answers.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.WhenAny(answers, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }

        return await answers;
    }

    private static async Task<IReadOnlyList<LedgerRow>> LedgerAsync(TestGateway gateway, int count)
    {
        var store = gateway.Services.GetRequiredService<ILedgerReader>();
        IReadOnlyList<LedgerRow> rows = [];
        await Eventually.UntilAsync(async () => (rows = await store.FindAsync(new LedgerQuery())).Count >= count, $"{count} rows are stored");
        return rows;
    }
}
