using System.Globalization;
using System.Text;
using OpenAI.Chat;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

public class FairQueueTests
{
    [Fact]
    public async Task OneUsersFlood_LetsAnotherUsersRequestHaveTheNextSlot()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var answers = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < 12; i++) await EnqueueAsync(Ask($"flood-{i}", "flood"));
        await EnqueueAsync(Ask("other", "other"));

        await ServeAsync(ollama, time, answers);
        Assert.Equal(["flood-0", "other", "flood-1"], ollama.Stats.Starts.Take(3));
        Assert.Equal(13, ollama.Stats.Finished);

        async Task EnqueueAsync(string body)
        {
            var waiting = answers.Count;
            answers.Add(SendAsync(gateway, body));
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 1 && b.Waiting == waiting, $"request {waiting} waits");
        }
    }

    [Fact]
    public async Task PriorityComesFromHeaderBodyOrUser_AndTheHeadersTellThePlace()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  queue: {users: {batch: {priority: 4, weight: 0.5}}}\n"));
        Task<HttpResponseMessage>[] answers =
        [
            await WaitAsync(0, SendAsync(gateway, Ask("running", "a"))),
            await WaitAsync(1, SendAsync(gateway, Ask("batch", "batch"))),
            await WaitAsync(2, SendAsync(gateway, Ask("body", "a", ",\"priority\":3"))),
            await WaitAsync(3, SendAsync(gateway, Ask("header", "a", ",\"priority\":5"), ("x-litellm-priority", "2"))),
            await WaitAsync(4, SendAsync(gateway, Ask("plain", "a"))),
        ];
        await ServeAsync(ollama, time, answers);
        Assert.Equal(["running", "plain", "header", "body", "batch"], ollama.Stats.Starts);
        // Each came in at the head of a queue of those with less priority.
        Assert.Equal(["0", "1", "1", "1", "1"], answers.Select(a => a.Result.Headers.GetValues("x-queue-position").Single()));
        Assert.All(answers, a => Assert.True(double.Parse(a.Result.Headers.GetValues("x-queue-ms").Single(), CultureInfo.InvariantCulture) >= 0));

        async Task<Task<HttpResponseMessage>> WaitAsync(int waiting, Task<HttpResponseMessage> answer)
        {
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 1 && b.Waiting == waiting, $"{waiting} requests wait");
            return answer;
        }
    }

    [Theory]
    [InlineData("x-litellm-priority", "-1")]
    [InlineData("x-litellm-priority", "1.5")]
    [InlineData("x-queue-timeout", "soon")]
    public async Task AHeaderThatIsNoSuchNumber_IsA400ThatNamesIt(string header, string value)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var refused = await SendAsync(gateway, Ask("x", "a"), (header, value));
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal(header, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString());
        Assert.Equal(0, ollama.Stats.Started);
    }

    [Fact]
    public async Task ARequestThatMayNotWait_IsServedWhenASlotIsFree_AndRefusedWhenNot()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var served = SendAsync(gateway, Ask("a", "a"), ("x-queue-timeout", "0"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var refused = await SendAsync(gateway, Ask("b", "b"), ("x-queue-timeout", "0"));
        Assert.Equal((503, "queue_timeout"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString()));
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await served).StatusCode);
    }

    [InjectedTimeFact]
    public async Task ADeadlineOfTheRequest_IsAnsweredWhenItPasses_AndAtOnceWhenItCannotBeMet()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(10));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama)), time);
        var running = SendAsync(gateway, Ask("a", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        // Nothing is known of this backend yet: the request waits for its four seconds.
        var waiting = SendAsync(gateway, Ask("b", "b"), ("x-queue-timeout", "4"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        time.Advance(TimeSpan.FromSeconds(3.9));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "it still waits");
        time.Advance(TimeSpan.FromSeconds(0.1));
        var late = await waiting;
        Assert.Equal((503, "queue_timeout", "4"), ((int)late.StatusCode, (await Setup.ErrorAsync(late)).GetProperty("code").GetString(), late.Headers.RetryAfter!.ToString()));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(200, (int)(await running).StatusCode);

        // Now its average is known to be ten seconds, of which two have passed.
        running = SendAsync(gateway, Ask("c", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the second inference runs");
        time.Advance(TimeSpan.FromSeconds(2));
        var early = await SendAsync(gateway, Ask("d", "b", ",\"queue_timeout\":5"));
        Assert.Equal((503, "queue_timeout", "3"), ((int)early.StatusCode, (await Setup.ErrorAsync(early)).GetProperty("code").GetString(), early.Headers.RetryAfter!.ToString()));
        time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(2, ollama.Stats.Started);
    }

    [InjectedTimeFact]
    public async Task AStreamThatWaits_TellsItsPlaceInComments_WhichTheOfficialClientIgnores()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(10));
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  queue: {comments: true}\n  queue_progress_interval: 2\n"), time);
        var first = SendAsync(gateway, Ask("a", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        time.Advance(TimeSpan.FromSeconds(10));
        await first;
        var running = SendAsync(gateway, Ask("b", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "the second inference runs");

        var raw = SendAsync(gateway, Ask("c", "c", ",\"stream\":true"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the raw stream waits");
        var official = Task.Run(async () =>
        {
            var text = new StringBuilder();
            await foreach (var update in gateway.Client("m").CompleteChatStreamingAsync([new UserChatMessage("d")]))
            {
                foreach (var part in update.ContentUpdate) text.Append(part.Text);
            }

            return text.ToString();
        });
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 2, "the official client waits");
        time.Advance(TimeSpan.FromSeconds(2));
        // The status is there while the request still waits.
        var answer = await raw;
        Assert.Equal(200, (int)answer.StatusCode);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal(": queued position=1 eta=8s", await lines.ReadLineAsync());
        for (var i = 3; i <= 4; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            var started = i;
            await Eventually.UntilAsync(() => ollama.Stats.Started == started, $"inference {started} runs");
        }

        time.Advance(TimeSpan.FromSeconds(10));
        var rest = await lines.ReadToEndAsync();
        Assert.Contains("simulated", rest, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Contains("simulated", await official, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await running).StatusCode);
    }

    [InjectedTimeFact]
    public async Task AStreamThatIsRefusedAfterAComment_EndsWithAnErrorEventAndNoDone()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(100));
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  queue: {comments: true}\n"), time);
        _ = SendAsync(gateway, Ask("a", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var waiting = SendAsync(gateway, Ask("b", "b", ",\"stream\":true"), ("x-queue-timeout", "5"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the stream waits");
        time.Advance(TimeSpan.FromSeconds(2));
        var answer = await waiting;
        time.Advance(TimeSpan.FromSeconds(3));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith(": queued position=1\n\n", text, StringComparison.Ordinal);
        Assert.Contains("queue_timeout", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientThatLeavesAfterAComment_LeavesTheQueue()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(100));
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  queue: {comments: true}\n  queue_progress_interval: 0.05\n"));
        var running = SendAsync(gateway, Ask("a", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var answer = await SendAsync(gateway, Ask("b", "b", ",\"stream\":true"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the stream waits");
        answer.Dispose();
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 0, "it has left");
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Fact]
    public async Task TheNextTurnOfAConversation_GoesToTheBackendThatServedTheLast_ButNeverWaitsForIt()
    {
        var time = new ManualTime();
        await using var one = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var two = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", one) + Setup.Model("m", two), Setup.Quiet(one, two)));
        // Both are busy once, so that both have the model.
        var warming = Enumerable.Range(0, 2).Select(i => SendAsync(gateway, Ask($"warm {i}", "a"))).ToList();
        await Eventually.UntilAsync(() => one.Stats.Running == 1 && two.Stats.Running == 1, "both are busy");
        await ServeAllAsync(warming);

        var messages = Message("user", "turn 1");
        SimulatedOllama? home = null;
        for (var turn = 2; turn <= 8; turn++)
        {
            var before = (one.Stats.Started, two.Stats.Started);
            await ServeAllAsync([SendAsync(gateway, Conversation(messages))]);
            var served = one.Stats.Started > before.Item1 ? one : two;
            home ??= served;
            Assert.Same(home, served);
            messages += "," + Message("assistant", $"answer {turn}") + "," + Message("user", $"turn {turn}");
        }

        // Somebody else is at home there: the other one is free.
        var other = home == one ? two : one;
        var elsewhere = SendAsync(gateway, Conversation(messages[..messages.LastIndexOf(",{\"role\":\"assistant\"", StringComparison.Ordinal)]));
        await Eventually.UntilAsync(() => home!.Stats.Running == 1, "the last turn, asked again, runs at home");
        var startedThere = other.Stats.Started;
        var follow = SendAsync(gateway, Conversation(messages));
        await Eventually.UntilAsync(() => other.Stats.Started == startedThere + 1, "the next turn does not wait");
        await ServeAllAsync([elsewhere, follow]);

        async Task ServeAllAsync(IReadOnlyCollection<Task<HttpResponseMessage>> answers)
        {
            await Eventually.UntilAsync(() =>
            {
                time.Advance(Setup.Second);
                return answers.All(a => a.IsCompleted);
            }, "all are answered");
            foreach (var answer in answers) Assert.Equal(200, (int)(await answer).StatusCode);
        }
    }

    [Fact]
    public async Task AModel_IsAskedOfTheContainerThatHasItLoaded()
    {
        await using var one = await TwoModelsAsync();
        await using var two = await TwoModelsAsync();
        var models = string.Concat(new[] { one, two }.Select(o => Setup.Model("x", o, model: "m1") + Setup.Model("y", o, model: "m2")));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models, Setup.Quiet(one, two)));
        // Whatever the first choice was, from then on each model stays where it is: the other container has none, then the other model.
        for (var i = 0; i < 6; i++) Assert.Equal(200, (int)(await SendAsync(gateway, TestGateway.Chat("x", $"x{i}"))).StatusCode);
        Assert.True(one.Stats.Started is 0 or 6, $"{one.Stats.Started} of 6 were asked of the first container");
    }

    private static Task<SimulatedOllama> TwoModelsAsync() => SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m1", "m2"], Slots = 0 });

    private static string Ask(string text, string user, string more = "") =>
        $"{{\"model\":\"m\",\"user\":\"{user}\",\"messages\":[{Message("user", text)}]{more}}}";

    private static string Conversation(string messages) => $"{{\"model\":\"m\",\"messages\":[{messages}]}}";

    private static string Message(string role, string text) => $"{{\"role\":\"{role}\",\"content\":\"{text}\"}}";

    private static Task<HttpResponseMessage> SendAsync(TestGateway gateway, string json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>One inference after the other, until all are answered.</summary>
    private static async Task ServeAsync(SimulatedOllama ollama, ManualTime time, IReadOnlyList<Task<HttpResponseMessage>> answers)
    {
        for (var i = 1; i <= answers.Count; i++)
        {
            var started = i;
            await Eventually.UntilAsync(() => ollama.Stats.Started == started && time.ArmedTimers > 0, $"inference {started} runs");
            time.Advance(Setup.Second);
        }

        foreach (var answer in answers) Assert.Equal(200, (int)(await answer).StatusCode);
    }
}
