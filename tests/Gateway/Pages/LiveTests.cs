using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Usage;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>What browsers that watch are told, and what they are not.</summary>
public class LiveTests
{
    [Fact]
    public async Task WhoRunsAndWhoWaits_IsToldByTheNameOfTheKey_AndToOthersOnlyHowMany()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var keys = await KeyGateway.StartAsync(ollama);
        var (ada, bob) = (await keys.NewKeyAsync(new { key_alias = "ada" }), await keys.NewKeyAsync(new { key_alias = "bob" }));
        using var adminBrowser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var bobsBrowser = await Browser.SignInAsync(keys.Gateway, bob);
        using var admin = await adminBrowser.WatchAsync();
        using var bobs = await bobsBrowser.WatchAsync();
        await admin.UntilAsync("backend", b => b.GetProperty("running").GetInt32() == 0, "the state at the beginning");

        var running = keys.ChatAsync(ada);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "ada's first request runs");
        var waiting = keys.ChatAsync(ada);
        var seen = await admin.UntilAsync("backend", b => b.GetProperty("waiting").GetInt32() == 1, "ada's second request waits");
        Assert.Equal("ada", seen.GetProperty("holders")[0].GetProperty("key").GetString());
        var first = seen.GetProperty("queue")[0];
        Assert.Equal(("ada", 1), (first.GetProperty("key").GetString(), first.GetProperty("position").GetInt32()));
        var hidden = await bobs.UntilAsync("backend", b => b.GetProperty("waiting").GetInt32() == 1, "somebody waits");
        Assert.Equal((0, 0), (hidden.GetProperty("queue").GetArrayLength(), hidden.GetProperty("holders").GetArrayLength()));

        await PassAsync(time, running, waiting);
        var told = await admin.UntilAsync("request", _ => true, "ada's request has ended");
        Assert.Equal(("ada", "success"), (told.GetProperty("key").GetString(), told.GetProperty("status").GetString()));
        await PassAsync(time, keys.ChatAsync(bob));
        // The first that bob is told of is his own.
        Assert.Equal("bob", (await bobs.UntilAsync("request", _ => true, "bob's request has ended")).GetProperty("key").GetString());
    }

    [Fact]
    public async Task DrainAndReset_AreSeenByThoseWhoWatch()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var events = await browser.WatchAsync();
        var backend = (await events.UntilAsync("backend", b => !b.GetProperty("draining").GetBoolean(), "the state at the beginning")).GetProperty("backend").GetString();
        Assert.Equal(200, await browser.StatusAsync(HttpMethod.Post, "/backend/drain", new { backend }));
        await events.UntilAsync("backend", b => b.GetProperty("draining").GetBoolean(), "it drains");
        Assert.Equal(200, await browser.StatusAsync(HttpMethod.Post, "/backend/undrain", new { backend }));
        await events.UntilAsync("backend", b => !b.GetProperty("draining").GetBoolean(), "it drains no more");

        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Status, Status = 401 });
        await keys.ChatAsync(KeyGateway.Master);
        await events.UntilAsync("backend", b => b.GetProperty("circuit").GetString() != "closed", "the circuit is open");
        Assert.Equal(200, await browser.StatusAsync(HttpMethod.Post, "/backend/reset", new { backend }));
        await events.UntilAsync("backend", b => b.GetProperty("circuit").GetString() == "closed", "the circuit is closed");
    }

    [InjectedTimeFact]
    public async Task ASubscriptionThatIsLost_IsTakenAnew_AndWhatWasMissedIsTold_Once()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama, time: time);
        var streams = new LiveStreams(keys.Gateway.Services.GetRequiredService<IClusterClient>());
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using (var events = await browser.WatchAsync())
        {
            await SubscribedAsync();
            Assert.Equal(200, await keys.ChatStatusAsync(KeyGateway.Master, user: "before"));
            await PassAsync(time, ToldAsync("before"));
            for (var loss = 0; loss < 2; loss++)
            {
                var (missed, after) = ($"missed {loss}", $"after {loss}");
                await streams.LoseAsync();
                Assert.Equal(200, await keys.ChatStatusAsync(KeyGateway.Master, user: missed));
                await PassAsync(time, ToldAsync(missed));
                Assert.Equal((1, 1), await streams.CountAsync());
                Assert.Equal(200, await keys.ChatStatusAsync(KeyGateway.Master, user: after));
                await PassAsync(time, ToldAsync(after));
                Assert.Equal(200, await keys.ChatStatusAsync(KeyGateway.Master, user: "last"));
                var twice = 0;
                await PassAsync(time, events.UntilAsync("request", r => (twice += User(r) == after ? 1 : 0) < 0 || User(r) == "last", "the last request"));
                Assert.Equal(0, twice);
            }

            Task ToldAsync(string user) => events.UntilAsync("request", r => User(r) == user, $"the request {user}");
        }

        await PassAsync(time, Eventually.UntilAsync(async () => await streams.CountAsync() == (0, 0), "nobody watches, and nothing is subscribed to"));
        using var again = await browser.WatchAsync();
        await SubscribedAsync();

        Task SubscribedAsync() => PassAsync(time, Eventually.UntilAsync(async () => await streams.CountAsync() == (1, 1), "one subscription to each stream"));
        static string? User(JsonElement request) => request.GetProperty("user").GetString();
    }

    /// <summary>Who watches an open gateway, and who watches with a master key, watches no longer when there is another one.</summary>
    [Fact]
    public async Task AStream_EndsWithTheMasterKeyThatItWasAskedForWith()
    {
        await using var ollama = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest();
        var yaml = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama));
        file.Write("first", yaml);
        await using var gateway = await TestGateway.StartAsync(yaml, file: file.Path);
        using var anybodys = await WatchAsync(gateway);
        file.Replace(yaml + "general_settings: {master_key: sk-first}\n");
        await anybodys.UntilEndAsync();
        gateway.Http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", "sk-first");
        using var administrators = await WatchAsync(gateway);
        file.Replace(yaml + "general_settings: {master_key: sk-second}\n");
        await administrators.UntilEndAsync();

        static async Task<Events> WatchAsync(TestGateway gateway)
        {
            var events = new Events(await gateway.Http.GetAsync("/ui/live", HttpCompletionOption.ResponseHeadersRead));
            await events.UntilAsync("backend", _ => true, "the state at the beginning");
            return events;
        }
    }

    [Fact]
    public async Task AnOpenPage_DoesNotKeepAGatewayThatIsToStop()
    {
        await using var ollama = await Setup.OllamaAsync();
        var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var events = await browser.WatchAsync();
        await events.UntilAsync("backend", _ => true, "the state at the beginning");
        var stopping = keys.DisposeAsync();
        // An orderly end, and not a connection that is cut when patience is over.
        await events.UntilEndAsync();
        await stopping;
    }

    [Fact]
    public async Task ARequestsLife_IsToldStepByStep_ToItsOwnerAndTheAdministrator()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var keys = await KeyGateway.StartAsync(ollama);
        var (ada, bob) = (await keys.NewKeyAsync(new { key_alias = "ada" }), await keys.NewKeyAsync(new { key_alias = "bob" }));
        var first = keys.ChatAsync(ada);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first request runs");
        var second = keys.ChatAsync(bob, model: "n");
        await Eventually.UntilAsync(async () => (await keys.Gateway.SnapshotAsync(ollama.BaseAddress)).Waiting == 1, "the second request waits");
        await PassAsync(time, first, second);
        var id = (await second).Headers.GetValues("x-request-id").Single();

        using var admin = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var bobs = await Browser.SignInAsync(keys.Gateway, bob);
        using var adas = await Browser.SignInAsync(keys.Gateway, ada);
        await Eventually.UntilAsync(async () => (await admin.GetAsync("/ui/api/requests")).GetProperty("data").EnumerateArray().Count(IsWhole) == 2, "both are listed, and not only their rows");
        foreach (var browser in (Browser[])[admin, bobs])
        {
            var story = await browser.GetAsync($"/ui/api/requests/{id}");
            Assert.Equal(["admission", "queue", "upstream", "tokens"], story.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("kind").GetString()).Take(4));
            Assert.All(story.GetProperty("steps").EnumerateArray(), s => Assert.True(s.GetProperty("from_ms").GetDouble() <= s.GetProperty("until_ms").GetDouble()));
        }

        Assert.Equal(404, await adas.StatusAsync(HttpMethod.Get, $"/ui/api/requests/{id}"));
        Assert.Equal([id], Ids(await bobs.GetAsync("/ui/api/requests")));
        Assert.Equal([id], Ids(await admin.GetAsync("/ui/api/requests?key=bob")));
        Assert.Equal([id], Ids(await admin.GetAsync("/ui/api/requests?model=N")));
        Assert.Equal(2, Ids(await admin.GetAsync("/ui/api/requests?slow=1")).Length);
        Assert.Empty(Ids(await admin.GetAsync("/ui/api/requests?status=failed")));
        // What bob asks for another's key is answered for his own.
        Assert.Equal([id], Ids(await bobs.GetAsync("/ui/api/requests?key=ada")));
    }

    [Fact]
    public async Task RetriesAndFallbacks_AreStepsOfTheirOwn()
    {
        await using var broken = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", broken) + Setup.Model("n", well), "router_settings: {num_retries: 0, fallbacks: [{m: [n]}]}\n"));
        broken.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Status, Status = 500 });
        var answer = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        var id = answer.Headers.GetValues("x-request-id").Single();
        await answer.Content.ReadAsStringAsync();
        await Eventually.UntilAsync(
            async () => JsonDocument.Parse(await gateway.Http.GetStringAsync("/ui/api/requests")).RootElement.GetProperty("data").EnumerateArray().Any(IsWhole), "it is listed, and not only its row");
        var story = JsonDocument.Parse(await gateway.Http.GetStringAsync($"/ui/api/requests/{id}")).RootElement;
        var attempts = story.GetProperty("steps").EnumerateArray().Where(s => s.GetProperty("kind").GetString() == "upstream").ToList();
        Assert.Equal([true, false], attempts.Select(a => a.GetProperty("failed").GetBoolean()));
        Assert.Equal("n", story.GetProperty("group").GetString());
        Assert.Equal(1, story.GetProperty("fallbacks").GetInt32());
    }

    [Fact]
    public async Task ASearchByKey_SaysWhatTheKeyIsCalledInTheRows_HoweverItWasNamed()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var ada = await keys.NewKeyAsync(new { key_alias = "ada" });
        foreach (var (named, name) in ((string, string?)[])[("ada", "ada"), (ada, "ada"), (Api.Access.KeyHash.Of(ada), "ada"), (KeyGateway.Master, "master key"), ("nobody", null)])
        {
            Assert.Equal(name, (await keys.AskAsync($"/ui/api/requests?key={named}")).GetProperty("key").GetString());
        }

        Assert.Equal(JsonValueKind.Null, (await keys.AskAsync("/ui/api/requests")).GetProperty("key").ValueKind);
    }

    [Fact]
    public async Task Usage_OfALedgerThatOtherNodesDoNotShare_SaysWhoseItIs()
    {
        await using var ollama = await Setup.OllamaAsync();
        foreach (var isAlone in (bool[])[true, false])
        {
            await using var gateway = await TestGateway.StartAsync(
                Setup.Config(Setup.Model("m", ollama)), more: services => services.AddSingleton(new NodeName("api-1")).AddSingleton(new LedgerReach(() => isAlone)));
            var usage = JsonDocument.Parse(await gateway.Http.GetStringAsync("/ui/api/usage?by=day")).RootElement;
            Assert.Equal(isAlone ? "api-1" : null, usage.TryGetProperty("only_of_node", out var node) ? node.GetString() : null);
        }
    }

    [Fact]
    public async Task Usage_IsOnesOwn_AndAFileAsWell()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var (ada, bob) = (await keys.NewKeyAsync(new { key_alias = "ada" }), await keys.NewKeyAsync(new { key_alias = "bob" }));
        for (var i = 0; i < 3; i++) Assert.Equal(200, await keys.ChatStatusAsync(ada));
        Assert.Equal(200, await keys.ChatStatusAsync(bob));
        using var admin = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var bobs = await Browser.SignInAsync(keys.Gateway, bob);
        await Eventually.UntilAsync(async () => (await SumsAsync(admin)) == 4, "all rows are in the ledger");
        Assert.Equal(1, await SumsAsync(bobs));
        using var csv = await admin.SendAsync(HttpMethod.Get, "/ui/api/usage?by=key&format=csv");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        var lines = (await csv.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("key,requests,failed,prompt_tokens", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.StartsWith("ada,3,0,", StringComparison.Ordinal));

        static async Task<long> SumsAsync(Browser browser) => (await browser.GetAsync("/ui/api/usage?by=model")).GetProperty("data").EnumerateArray().Sum(d => d.GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Conversations_AreTheCallersOwn()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var (ada, bob) = (await keys.NewKeyAsync(new { key_alias = "ada" }), await keys.NewKeyAsync(new { key_alias = "bob" }));
        using var adas = await Browser.SignInAsync(keys.Gateway, ada);
        using var bobs = await Browser.SignInAsync(keys.Gateway, bob);
        var chat = new { model = "m", conversation_id = "c", messages = new[] { new { role = "user", content = "hello there" } } };
        Assert.Equal(200, await adas.StatusAsync(HttpMethod.Post, "/v1/chat/completions", chat));
        var listed = (await adas.GetAsync("/ui/api/conversations")).GetProperty("data");
        Assert.Equal(("c", "hello there", 1), (listed[0].GetProperty("id").GetString(), listed[0].GetProperty("title").GetString(), listed[0].GetProperty("turns").GetInt32()));
        Assert.Equal(["user", "assistant"], (await adas.GetAsync("/ui/api/conversations/c")).GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        Assert.Equal(0, (await bobs.GetAsync("/ui/api/conversations")).GetProperty("data").GetArrayLength());
        Assert.Equal(404, await bobs.StatusAsync(HttpMethod.Get, "/ui/api/conversations/c"));
    }

    /// <summary>The ledger's row may be there before the story, and knows of no node.</summary>
    private static bool IsWhole(JsonElement story) => story.GetProperty("node").GetString() is { Length: > 0 };

    private static string[] Ids(JsonElement list) => [.. list.GetProperty("data").EnumerateArray().Select(s => s.GetProperty("id").GetString()!)];

    /// <summary>Lets the gateway's time pass until this is done.</summary>
    private static async Task PassAsync(ManualTime time, Task until)
    {
        while (!until.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        await until;
    }

    /// <summary>Lets the simulated time pass until these are answered.</summary>
    private static async Task PassAsync(ManualTime time, params Task<HttpResponseMessage>[] answers)
    {
        var all = Task.WhenAll(answers);
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(Setup.Second);
                return all.IsCompleted;
            },
            "the answers",
            TimeSpan.FromSeconds(60));
        foreach (var answer in await all) answer.EnsureSuccessStatusCode();
    }
}
