using System.Text.Json;
using OrleansLlm.Responses;
using OrleansLlm.Support;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>Responses that run without their client.</summary>
public class BackgroundTests
{
    private const string Body = """{"model":"m","input":"hello","background":true}""";

    [Fact]
    public async Task ItIsQueued_ThenPolled_ThenThere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var begun = await gateway.AskAsync(Body);
        Assert.Equal(("queued", 0), (StatusOf(begun), begun.GetProperty("output").GetArrayLength()));
        var done = await UntilEndedAsync(gateway, IdOf(begun));
        Assert.Equal(("completed", Answer("hello")), (StatusOf(done), TextOf(done)));
        Assert.True(done.GetProperty("usage").GetProperty("output_tokens").GetInt64() > 0);
        // And it can be gone on from.
        await gateway.AskAsync($$"""{"model":"m","input":"more","previous_response_id":"{{IdOf(begun)}}"}""");
        Assert.Equal(["user:hello", $"assistant:{Answer("hello")}", "user:more"], Messages(ollama));
    }

    [Fact]
    public async Task Cancelling_StopsTheBackend_AndTheStatusStays()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        var id = IdOf(await gateway.AskAsync(Body));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        Assert.Equal("in_progress", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}")));
        // Another's key does not reach it.
        await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{id}/cancel", key: "his", status: 404);
        Assert.Equal("cancelled", StatusOf(await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{id}/cancel")));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the backend is left");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        Assert.Equal("cancelled", StatusOf(await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{id}/cancel")));
        Assert.Equal("cancelled", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}")));
    }

    [Fact]
    public async Task OneCancelledAtItsLastMoment_IsNoTurnOfItsConversation()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 5);
        await using var gateway = await StartAsync(ollama);
        var conversation = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}", key: ""));
        var id = IdOf(await gateway.AskAsync($$"""{"model":"m","input":"hello","background":true,"conversation":"{{conversation}}"}""", key: ""));
        await Eventually.UntilAsync(() => ollama.Stats.Started == 1, "the inference runs");
        // It is cancelled in the store, and the inference gets to its end before it hears of that.
        await gateway.Grains.GetGrain<IResponseGrain>(ResponseKeys.Of("anonymous", id)).CancelAsync();
        var events = gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true", key: "").ContinueWith(r => EventsAsync(r.Result), TaskScheduler.Default).Unwrap();
        while (!events.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        Assert.Equal("response.failed", TypeOf((await events)[^1]));
        Assert.Equal("cancelled", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "")));
        Assert.Empty((await gateway.JsonAsync(HttpMethod.Get, $"/v1/conversations/{conversation}/items", key: "")).GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task WhatItsConversationHasNoRoomFor_HasFailed_ForPollersToo()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, options: "  conversations: {max_bytes: 1024}\n");
        var conversation = IdOf(await gateway.JsonAsync(HttpMethod.Post, "/v1/conversations", "{}"));
        var text = new string('x', 600);
        var failed = await UntilEndedAsync(gateway, IdOf(await gateway.AskAsync($$"""{"model":"m","input":"{{text}}","background":true,"conversation":"{{conversation}}"}""")));
        Assert.Equal("failed", StatusOf(failed));
        // Nobody need pay for another answer to be told the same.
        using var refused = await gateway.SendAsync(HttpMethod.Post, "/v1/responses", $$"""{"model":"m","input":"{{text}}","conversation":"{{conversation}}"}""");
        Assert.Equal((503, "false"), ((int)refused.StatusCode, refused.Headers.GetValues("x-should-retry").Single()));
        Assert.Equal("conversation_not_stored", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task OneThatWaits_IsCancelledInItsQueue()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        var running = IdOf(await gateway.AskAsync(Body));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first runs");
        var waiting = IdOf(await gateway.AskAsync(Body));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second waits");
        await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{waiting}/cancel");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 0, "it has left the queue");
        await gateway.JsonAsync(HttpMethod.Delete, $"/v1/responses/{running}");
        // Deleting stops it as well, and it does not come back.
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{running}", status: 404);
    }

    [Fact]
    public async Task AFailure_IsStored_WithItsReason()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Status, Status = 400, Body = """{"error":"the upstream's own words"}""" });
        var failed = await UntilEndedAsync(gateway, IdOf(await gateway.AskAsync(Body)));
        Assert.Equal("failed", StatusOf(failed));
        Assert.Contains("the upstream's own words", failed.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneWhoseInferenceIsGone_HasFailed_ForWhoeverAsks()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        // As a killed node leaves it: in the store, and nowhere else.
        var finished = IdOf(await gateway.AskAsync("""{"model":"m","input":"x"}""", key: ""));
        var id = "resp_" + new string('a', 32);
        var head = (await gateway.Grains.GetGrain<IResponseGrain>(ResponseKeys.Of("anonymous", finished)).ReadAsync()).Head!;
        await gateway.Grains.GetGrain<IResponseGrain>(ResponseKeys.Of("anonymous", id)).BeginAsync(head with { Background = true });
        var lost = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "");
        Assert.Equal(("failed", "server_error"), (StatusOf(lost), lost.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("the gateway node that ran it was lost", lost.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The store was away when it ended, for longer than the end was tried to be told. Its events are kept, and do not make it one that runs.</summary>
    [InjectedTimeFact]
    public async Task OneWhoseEndCouldNotBeStored_HasFailed_ForWhoeverAsks()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, time: time);
        var id = IdOf(await gateway.AskAsync(Body, key: ""));
        var stored = gateway.Grains.GetGrain<IResponseGrain>(ResponseKeys.Of("anonymous", id));
        await Eventually.UntilAsync(async () => (await stored.ReadAsync()).Status == ResponseStatus.Answered, "it is answered");
        // As a store leaves it that was not there: begun, and never ended.
        var head = (await stored.ReadAsync()).Head!;
        await stored.EraseAsync(head.User);
        await stored.BeginAsync(head);
        Assert.Equal("in_progress", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "")));
        JsonElement failed = default;
        await Eventually.UntilAsync(
            async () =>
            {
                // What it had to store is stored a moment before it knows that it has ended, and the time counts from then.
                time.Advance(TimeSpan.FromSeconds(11));
                return StatusOf(failed = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "")) == "failed";
            },
            "it has failed");
        Assert.Equal("server_error", failed.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", 400, "previous_response_not_found")]
    [InlineData("\"conversation\":\"conv_nowhere\"", 404, "conversation_not_found")]
    public async Task WhatItNames_HasToBeThere_BeforeItIsQueued(string named, int status, string code)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var refused = await gateway.AskAsync($$"""{"model":"m","input":"x","background":true,{{named}}}""", status: status);
        Assert.Equal(code, refused.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(0, (await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations")).GetProperty("responses").GetInt32());
    }

    [Fact]
    public async Task ItsInput_IsListed_WhileItRuns_AndAfterItWasCancelled()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        var id = IdOf(await gateway.AskAsync("""{"model":"m","input":[{"role":"user","content":"one"},{"role":"user","content":"two"}],"instructions":"be kind","background":true}"""));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var running = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}/input_items?order=asc");
        Assert.Equal(["one", "two"], running.GetProperty("data").EnumerateArray().Select(i => i.GetProperty("content")[0].GetProperty("text").GetString()));
        await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{id}/cancel");
        Assert.Equal(running.GetRawText(), (await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}/input_items?order=asc")).GetRawText());
    }

    [Fact]
    public async Task WhereNoMoreAreKept_ItIsA429_AndNothingIsStored()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "router_settings: {num_retries: 0}\ngateway_settings: {resumable: {max_total_bytes: 4096, max_bytes: 1024}}\n"));
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        await gateway.AskAsync(Body);
        await gateway.AskAsync(Body, status: 429);
        var erased = await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations");
        Assert.Equal(1, erased.GetProperty("responses").GetInt32());
    }

    [Fact]
    public async Task OneThatRuns_MakesNoRoomForOthers()
    {
        await using var slow = await Setup.OllamaAsync();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("slow", slow) + Setup.Model("m", ollama), Setup.Quiet(slow, ollama) + "  conversations: {max_responses: 2}\n"));
        slow.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        var running = IdOf(await gateway.AskAsync("""{"model":"slow","input":"hello","background":true}"""));
        await Eventually.UntilAsync(() => slow.Stats.Running == 1, "the inference runs");
        List<string> others = [];
        for (var i = 0; i < 5; i++) others.Add(IdOf(await gateway.AskAsync("""{"model":"m","input":"x"}""")));
        foreach (var id in others[..2])
        {
            await Eventually.UntilAsync(async () => (int)(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{id}")).StatusCode == 404, "the older ones are gone");
        }

        Assert.Equal("in_progress", StatusOf(await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{running}")));
        Assert.Equal((1, 0), (slow.Stats.Running, slow.Stats.Cancelled));
        // Deleting a user's takes it along.
        await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations");
        await Eventually.UntilAsync(() => slow.Stats.Running == 0, "the backend is left");
    }

    [Fact]
    public async Task ItsEvents_AreFollowed_FromAnyNumber_LiveOrAfterwards()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var all = await EventsAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"hello","background":true,"stream":true}"""));
        Assert.Equal(["response.created", "response.queued", "response.in_progress"], all.Take(3).Select(TypeOf));
        Assert.Equal("response.completed", TypeOf(all[^1]));
        Assert.Equal(Enumerable.Range(0, all.Count), all.Select(e => e.GetProperty("sequence_number").GetInt32()));
        var id = IdOf(all[0].GetProperty("response"));
        foreach (var after in new[] { 0, 4, all.Count - 2 })
        {
            var rest = await EventsAsync(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true&starting_after={after}"));
            Assert.Equal(all.Skip(after + 1).Select(e => e.GetRawText()), rest.Select(e => e.GetRawText()));
        }
    }

    [Fact]
    public async Task OneThatHasOutgrownItsLog_IsToldAgainFromTheStore()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 200);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  resumable: {max_total_bytes: 1048576, max_bytes: 1024}\n"));
        var id = IdOf(await gateway.AskAsync(Body));
        var done = await UntilEndedAsync(gateway, id);
        var told = await EventsAsync(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true"));
        Assert.Equal(("response.completed", TextOf(done)), (TypeOf(told[^1]), TextOf(told[^1].GetProperty("response"))));
        // It is cut into other events than those that a client may have.
        var gone = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true&starting_after=3", status: 410);
        Assert.Equal("stream_log_full", gone.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task OneThatWasNotInTheBackground_IsToldAgain_ButNotCancelled()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var id = IdOf(await gateway.AskAsync("""{"model":"m","input":"hello"}"""));
        await gateway.JsonAsync(HttpMethod.Post, $"/v1/responses/{id}/cancel", status: 400);
        var told = await EventsAsync(await gateway.SendAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true"));
        Assert.Equal(Answer("hello"), TextOf(told[^1].GetProperty("response")));
        await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}?stream=true&starting_after=3", status: 404);
    }

    [Fact]
    public async Task AClientThatLeavesItsStream_StopsNothing()
    {
        await using var ollama = await Setup.OllamaAsync(perToken: TimeSpan.FromMilliseconds(20), tokens: 40);
        await using var gateway = await StartAsync(ollama);
        string id;
        using (var sse = await SseText.OfAsync(gateway.SendAsync(HttpMethod.Post, "/v1/responses", """{"model":"m","input":"hello","background":true,"stream":true}""")))
        {
            var first = (await sse.ReadEventsAsync(1))[0];
            id = IdOf(JsonDocument.Parse(first.Split('\n')[1]["data: ".Length..]).RootElement.GetProperty("response"));
        }

        Assert.Equal("completed", StatusOf(await UntilEndedAsync(gateway, id)));
    }

    private static async Task<JsonElement> UntilEndedAsync(TestGateway gateway, string id)
    {
        JsonElement found = default;
        await Eventually.UntilAsync(
            async () => StatusOf(found = await gateway.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}")) is not ("queued" or "in_progress"), "the response has ended");
        return found;
    }
}
