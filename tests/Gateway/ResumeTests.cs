using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>
/// Answers asked for with <c>x-resumable: true</c>: byte for byte the same for whoever reads them, whenever. The clock moves only where a test
/// says so, and then token by token.
/// </summary>
public sealed partial class ResumeTests
{
    public static TheoryData<TokenTransport> Transports => [TokenTransport.Enumerable, TokenTransport.Stream];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AClientThatLostItsConnection_GetsExactlyTheRest(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        string id;
        string[] first;
        using (var lost = await setup.PostAsync("a b c d e"))
        {
            id = lost.StreamId;
            Assert.Equal(id, lost.Response.Headers.GetValues("x-request-id").Single());
            first = await setup.ReadPacedAsync(lost, 4);
        }

        var last = SseText.IdOf(first[^1]);
        using var resumed = await setup.ResumeAsync(id, last);
        await setup.UntilFinishedAsync();
        var rest = await resumed.ReadToEndAsync();
        var whole = string.Concat(first.Select(e => e + "\n\n")) + rest;
        AssertNumbered(whole);
        Assert.EndsWith("data: [DONE]\n\n", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await setup.WholeAsync(id));
        Assert.Equal(0, setup.Ollama.Stats.Cancelled);

        // And without its ids it is what an ordinary stream would have been.
        using var ordinary = await setup.PostAsync("a b c d e", resumable: false);
        await setup.UntilFinishedAsync(2);
        var request = ordinary.Response.Headers.GetValues("x-request-id").Single();
        Assert.Equal(Timeless(SseText.WithoutIds(whole)), Timeless((await ordinary.ReadToEndAsync()).Replace(request[4..], id[4..], StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ThreeReadersAtOnce_GetTheSameWhileItRuns(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        using var first = await setup.PostAsync("a b c d e");
        var seen = await setup.ReadPacedAsync(first, 3);
        var from = new long[] { 0, 1, SseText.IdOf(seen[^1]) };
        var readers = await Task.WhenAll(from.Select(n => setup.ResumeAsync(first.StreamId, n)));
        // All of them have caught up and wait for what is not there yet.
        for (var i = 0; i < readers.Length; i++) await readers[i].ReadEventsAsync((int)(SseText.IdOf(seen[^1]) - from[i]));
        await setup.UntilFinishedAsync();
        var whole = await first.ReadToEndAsync();
        AssertNumbered(whole);
        for (var i = 0; i < readers.Length; i++)
        {
            Assert.Equal(string.Concat(SseText.Events(whole).Where(e => SseText.IdOf(e) > from[i]).Select(e => e + "\n\n")), await readers[i].ReadToEndAsync());
            readers[i].Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AfterItsEnd_AnAnswerIsReadFromAnyEvent(TokenTransport transport)
    {
        await using var setup = await InstantAsync(transport);
        using var first = await setup.PostAsync("a b c");
        var whole = await first.ReadToEndAsync();
        var events = SseText.Events(whole);
        Assert.Equal(whole, await setup.WholeAsync(first.StreamId));
        for (var n = 0; n <= events.Length; n++)
        {
            using var resumed = await setup.ResumeAsync(first.StreamId, n);
            Assert.Equal(string.Concat(events[n..].Select(e => e + "\n\n")), await resumed.ReadToEndAsync());
            Assert.Equal(first.StreamId, resumed.StreamId);
        }

        using var byQuery = await SseText.OfAsync(setup.GetAsync($"{first.StreamId}?last_event_id=2"));
        Assert.Equal(string.Concat(events[2..].Select(e => e + "\n\n")), await byQuery.ReadToEndAsync());
    }

    [InjectedTimeTheory]
    [MemberData(nameof(Transports))]
    public async Task AfterItsTimeToLive_AnAnswerIsUnknown(TokenTransport transport)
    {
        await using var setup = await InstantAsync(transport, "ttl: 60");
        using var first = await setup.PostAsync("a");
        await first.ReadToEndAsync();
        await setup.Gateway.UntilAsync(setup.Ollama.BaseAddress, b => b.Running == 0, "the inference has ended");
        setup.GatewayTime.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(await first.ReadToEndAsync(), await setup.WholeAsync(first.StreamId));
        setup.GatewayTime.Advance(TimeSpan.FromSeconds(1));
        await AssertNotFoundAsync(await setup.GetAsync(first.StreamId));
        await AssertNotFoundAsync(await setup.DeleteAsync(first.StreamId));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AnotherCallersAnswer_IsUnknown(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        using var first = await setup.PostAsync("a b c", key: "alice");
        await AssertNotFoundAsync(await setup.GetAsync(first.StreamId, key: "bob"));
        await AssertNotFoundAsync(await setup.GetAsync(first.StreamId));
        await AssertNotFoundAsync(await setup.DeleteAsync(first.StreamId, key: "bob"));
        using var own = await SseText.OfAsync(setup.GetAsync(first.StreamId, key: "alice"));
        await setup.UntilFinishedAsync();
        Assert.Equal(await first.ReadToEndAsync(), await own.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AnIdThatNeverWas_IsUnknown(TokenTransport transport)
    {
        await using var setup = await InstantAsync(transport);
        foreach (var id in (string[])["nobody", "req-", "req-" + new string('0', 32), "req-" + new string('0', 32) + "~2"])
        {
            await AssertNotFoundAsync(await setup.GetAsync(id));
            await AssertNotFoundAsync(await setup.DeleteAsync(id));
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Delete_StopsTheBackendFreesTheSlotAndTellsEveryReader(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        string id;
        using (var lost = await setup.PostAsync("a b c"))
        {
            id = lost.StreamId;
            await lost.ReadEventsAsync(1);
        }

        using var other = await setup.ResumeAsync(id, 1);
        Assert.Equal(204, (int)(await setup.DeleteAsync(id)).StatusCode);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await setup.Gateway.UntilAsync(setup.Ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        var end = await other.ReadToEndAsync();
        Assert.Contains("client_closed_request", SseText.Events(end)[^1], StringComparison.Ordinal);
        Assert.Equal(204, (int)(await setup.DeleteAsync(id)).StatusCode);
        Assert.EndsWith(end, await setup.WholeAsync(id), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AnAnswerThatOutgrowsItsLog_GoesOn_AndCannotBeResumedFromWhatIsGone(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport, "max_bytes: 1024");
        using var first = await setup.PostAsync("a b c d e");
        await first.ReadEventsAsync(1);
        using var second = await setup.ResumeAsync(first.StreamId, 0);
        // Token by token and reader by reader, so that neither can fall behind.
        for (var count = 2; !first.Text.Contains("[DONE]", StringComparison.Ordinal); count = SseText.Events(first.Text).Length + 1)
        {
            await setup.ReadPacedAsync(first, count);
            await second.ReadEventsAsync(count);
        }

        var whole = await first.ReadToEndAsync();
        AssertNumbered(whole);
        Assert.EndsWith("data: [DONE]\n\n", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await second.ReadToEndAsync());

        var gone = await setup.GetAsync(first.StreamId, 1);
        Assert.Equal(410, (int)gone.StatusCode);
        var error = await Setup.ErrorAsync(gone);
        Assert.Equal("stream_log_full", error.GetProperty("code").GetString());
        // It names the event from which on there is something to resume.
        var oldest = long.Parse(
            string.Concat(error.GetProperty("message").GetString()!.Split("after event ")[1].TakeWhile(char.IsDigit)), CultureInfo.InvariantCulture);
        using var rest = await setup.ResumeAsync(first.StreamId, oldest);
        Assert.Equal(string.Concat(SseText.Events(whole).Where(e => SseText.IdOf(e) > oldest).Select(e => e + "\n\n")), await rest.ReadToEndAsync());
        Assert.Equal(410, (int)(await setup.GetAsync(first.StreamId, oldest - 1)).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AFailureMidStream_IsResumedAsWell(TokenTransport transport)
    {
        await using var setup = await InstantAsync(transport);
        setup.Ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3, Message = "the gpu is on fire" });
        using var first = await setup.PostAsync("a b c d e");
        var whole = await first.ReadToEndAsync();
        AssertNumbered(whole);
        Assert.Contains("the gpu is on fire", SseText.Events(whole)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await setup.WholeAsync(first.StreamId));
        using var end = await setup.ResumeAsync(first.StreamId, SseText.Events(whole).Length - 1);
        Assert.Equal(SseText.Events(whole)[^1] + "\n\n", await end.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AFailureBeforeTheFirstToken_IsAnOrdinaryErrorAndLeavesNothingToResume(TokenTransport transport)
    {
        await using var setup = await InstantAsync(transport);
        setup.Ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        var response = await setup.SendAsync("a");
        Assert.Equal(500, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("x-stream-id"));
        await AssertNotFoundAsync(await setup.GetAsync(response.Headers.GetValues("x-request-id").Single()));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AClientThatLeavesBeforeItKnowsTheId_CancelsItsRequest(TokenTransport transport)
    {
        await using var setup = await StartAsync(transport, "", firstToken: Setup.Second);
        using var leave = new CancellationTokenSource();
        var request = setup.SendAsync("a", cancellationToken: leave.Token);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Running == 1, "the inference runs");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await setup.Gateway.UntilAsync(setup.Ollama.BaseAddress, b => b.Running == 0, "the slot is free");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AnOrdinaryStream_CannotBeResumed_AndTheQuestionDoesNotHurtIt(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        using var ordinary = await setup.PostAsync("a b", resumable: false);
        Assert.False(ordinary.Response.Headers.Contains("x-stream-id"));
        var id = ordinary.Response.Headers.GetValues("x-request-id").Single();
        await AssertNotFoundAsync(await setup.GetAsync(id));
        await AssertNotFoundAsync(await setup.DeleteAsync(id));
        await setup.UntilFinishedAsync();
        var text = await ordinary.ReadToEndAsync();
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.All(SseText.Events(text), e => Assert.StartsWith("data: ", e, StringComparison.Ordinal));
        await AssertNotFoundAsync(await setup.GetAsync(id));
    }

    [InjectedTimeTheory]
    [MemberData(nameof(Transports))]
    public async Task WithTheMemoryForLogsUsedUp_AResumableRequestIsA429_UntilAnAnswerExpires(TokenTransport transport)
    {
        // Room for one log, as long as it is kept.
        await using var setup = await InstantAsync(transport, "ttl: 60, max_total_bytes: 5000");
        using var first = await setup.PostAsync("a");
        await first.ReadToEndAsync();
        var refused = await setup.SendAsync("b");
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Contains("max_total_bytes", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var ordinary = await setup.PostAsync("c", resumable: false);
        await ordinary.ReadToEndAsync();
        await Eventually.UntilAsync(
            async () =>
            {
                setup.GatewayTime.Advance(TimeSpan.FromSeconds(20));
                using var again = await setup.SendAsync("d");
                return (int)again.StatusCode == 200;
            },
            "the first answer has expired and made room");
    }

    [Theory]
    [InlineData("true", false, "x-resumable")]
    [InlineData("yes", true, "x-resumable")]
    public async Task AResumableRequestThatCannotBeOne_IsA400ThatNamesTheHeader(string header, bool stream, string param)
    {
        await using var setup = await InstantAsync(TokenTransport.Enumerable);
        var response = await setup.SendAsync("a", header, stream);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(param, (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
        Assert.Equal(0, setup.Ollama.Stats.Requests);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("9999999999999999999999")]
    [InlineData("1000")]
    public async Task ALastEventIdThatCannotBe_IsA400ThatNamesIt(string value)
    {
        await using var setup = await InstantAsync(TokenTransport.Enumerable);
        using var first = await setup.PostAsync("a");
        await first.ReadToEndAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams/" + first.StreamId);
        request.Headers.TryAddWithoutValidation("Last-Event-ID", value);
        var byHeader = await setup.Gateway.Http.SendAsync(request);
        await AssertRefusedAsync(byHeader, "Last-Event-ID");
        var byQuery = await setup.GetAsync($"{first.StreamId}?last_event_id={value}");
        await AssertRefusedAsync(byQuery, "last_event_id");

        async Task AssertRefusedAsync(HttpResponseMessage response, string param)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode == 400, $"{param} {value}: {(int)response.StatusCode} {text}");
            Assert.Equal(param, (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
        }
    }

    [Fact]
    public async Task AnOrdinaryStream_HasTheSameBytesOnBothTransports()
    {
        var texts = new List<string>();
        foreach (var transport in Enum.GetValues<TokenTransport>())
        {
            await using var setup = await InstantAsync(transport);
            using var ordinary = await setup.PostAsync("a b c d e f", resumable: false);
            var id = ordinary.Response.Headers.GetValues("x-request-id").Single();
            var text = (await ordinary.ReadToEndAsync()).Replace(id[4..], "ID", StringComparison.Ordinal);
            texts.Add(CreatedField().Replace(text, "\"created\":0"));
        }

        Assert.Equal(texts[0], texts[1]);
        Assert.StartsWith("data: {\"id\":\"chatcmpl-ID\"", texts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("id: ", texts[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AnOrdinaryClientThatLeaves_FreesTheSlotOnEitherTransport_WhateverItWaitedFor(TokenTransport transport)
    {
        await using var setup = await StartAsync(transport, "", firstToken: Setup.Second, perToken: Setup.Second);
        using var leaveFirst = new CancellationTokenSource();
        var first = setup.SendAsync("first", "", cancellationToken: leaveFirst.Token);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Running == 1, "the first inference runs");
        using var leaveQueue = new CancellationTokenSource();
        var queued = setup.SendAsync("queued", "", cancellationToken: leaveQueue.Token);
        await setup.UntilAsync(b => b.Waiting == 1, "the second request waits");

        await leaveQueue.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await setup.UntilAsync(b => b.Waiting == 0, "the second has left the queue");
        await leaveFirst.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Cancelled == 1, "the backend saw the first leave before its first token");
        await setup.UntilAsync(b => b.Running == 0, "its slot is free");

        var third = setup.SendAsync("third", "");
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Running == 1, "the third inference runs");
        setup.Time.Advance(Setup.Second);
        using (var reader = await SseText.OfAsync(third)) await reader.ReadEventsAsync(1);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Cancelled == 2, "the backend saw the third leave mid-stream");
        await setup.UntilAsync(b => b.Running == 0, "its slot is free");
        Assert.Equal(["first", "third"], setup.Ollama.Stats.Arrivals);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ALongAnswerAtFullSpeed_ReachesASlowReaderWhole(TokenTransport transport)
    {
        const int tokens = 20_000;
        await using var setup = await StartAsync(transport, "max_bytes: 50000000", tokens: tokens);
        using var resumable = await setup.PostAsync("a");
        // Whatever fits has been sent, and nobody has read it.
        if (transport == TokenTransport.Enumerable) await Eventually.UntilAsync(() => setup.Ollama.Stats.Finished == 1, "a resumable inference does not wait for its reader");
        var whole = await resumable.ReadToEndAsync();
        AssertNumbered(whole);
        Assert.InRange(SseText.Events(whole).Length, tokens, tokens + 10);
        Assert.Equal(whole, await setup.WholeAsync(resumable.StreamId));

        using var ordinary = await setup.PostAsync("a", resumable: false);
        var id = ordinary.Response.Headers.GetValues("x-request-id").Single();
        var text = (await ordinary.ReadToEndAsync()).Replace(id[4..], resumable.StreamId[4..], StringComparison.Ordinal);
        // The two may have been created in different seconds where the clock runs.
        Assert.Equal(Timeless(SseText.WithoutIds(whole)), Timeless(text));

        static string Timeless(string events) => System.Text.RegularExpressions.Regex.Replace(events, "\"created\":[0-9]+", "\"created\":0");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AStreamThatRepeatsAndSkips_IsPutRightFromTheLog(TokenTransport transport)
    {
        await using var setup = await PacedAsync(transport);
        using var first = await setup.PostAsync("a b c d e");
        using var second = await setup.ResumeAsync(first.StreamId, 0);
        await setup.ReadPacedAsync(second, 3);
        var inference = setup.Gateway.Grains.GetGrain<IInferenceGrain>(first.StreamId);
        var page = (LogPage)await inference.ReadLogAsync(new LogQuery(1, 100, Caller: "anonymous"));
        var stream = setup.Gateway.Services.GetRequiredService<IClusterClient>()
            .GetStreamProvider(Names.TokenStreams).GetStream<LogPage>(StreamId.Create(Names.InferenceStreams, first.StreamId));
        for (var i = 0; i < 100; i++)
        {
            await stream.OnNextAsync(page);
            // Nobody may believe what comes after a gap before the gap is filled.
            await stream.OnNextAsync(page with { From = page.Last + 5 });
            await stream.OnNextAsync(page with { From = page.Last, Events = [page.Events[^1]] });
        }

        await setup.UntilFinishedAsync();
        var whole = await second.ReadToEndAsync();
        AssertNumbered(whole);
        Assert.Equal(whole, await first.ReadToEndAsync());
        Assert.Equal(whole, await setup.WholeAsync(first.StreamId));
    }

    [InjectedTimeFact]
    public async Task AStreamReaderThatIsNeverHeardOfAgain_DoesNotKeepTheSlot()
    {
        await using var setup = await StartAsync(TokenTransport.Stream, "", perToken: Setup.Second, tokens: 10_000);
        var inference = setup.Gateway.Grains.GetGrain<IInferenceGrain>("req-" + new string('a', 32));
        var request = new InferenceRequest
        {
            Model = "m", User = "u", Body = Encoding.UTF8.GetBytes(TestGateway.Chat("m", "a b c", stream: true)), Stream = true, Created = 1,
        };
        await inference.StartAsync(request);
        // Told again, as after a call whose answer was lost: it is still one inference.
        await inference.StartAsync(request);
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Running == 1, "the inference runs");
        await Eventually.UntilAsync(
            () =>
            {
                setup.AdvanceBoth(TimeSpan.FromSeconds(20));
                return setup.Ollama.Stats.Cancelled == 1;
            },
            "the inference has been given up");
        await setup.UntilAsync(b => b.Running == 0, "the slot is free");
        Assert.Equal(1, setup.Ollama.Stats.Started);
    }

    /// <summary>Its front end cuts a client that stands still, and not before its client_stall_timeout.</summary>
    [InjectedTimeFact]
    public async Task AStreamReaderWhoseClientStandsStill_IsWaitedFor_WhileItsFrontEndAsksWhetherTheInferenceRuns()
    {
        await using var setup = await StartAsync(TokenTransport.Stream, "", perToken: Setup.Second, tokens: 300);
        var inference = setup.Gateway.Grains.GetGrain<IInferenceGrain>("req-" + new string('b', 32));
        await inference.StartAsync(TestGateway.Request("u"));
        await Eventually.UntilAsync(() => setup.Ollama.Stats.Running == 1, "the inference runs");
        await Eventually.UntilAsync(
            async () =>
            {
                setup.AdvanceBoth(TimeSpan.FromSeconds(20));
                await inference.IsRunningAsync();
                return setup.Ollama.Stats.Running == 0;
            },
            "the inference has ended");
        Assert.Equal((1, 0), (setup.Ollama.Stats.Finished, setup.Ollama.Stats.Cancelled));
    }

    private static string Timeless(string text) => CreatedField().Replace(text, "\"created\":0");

    [GeneratedRegex("\"created\":[0-9]+")]
    private static partial Regex CreatedField();

    private static void AssertNumbered(string text) =>
        Assert.Equal(Enumerable.Range(1, SseText.Events(text).Length).Select(n => (long)n), SseText.Events(text).Select(SseText.IdOf));

    private static async Task AssertNotFoundAsync(HttpResponseMessage response)
    {
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("stream_not_found", (await Setup.ErrorAsync(response)).GetProperty("code").GetString());
    }

    /// <summary>The answer comes at once.</summary>
    private static Task<Resumable> InstantAsync(TokenTransport transport, string resumable = "") => StartAsync(transport, resumable);

    /// <summary>The first token comes at once, each other with a second of the test's clock.</summary>
    private static Task<Resumable> PacedAsync(TokenTransport transport, string resumable = "") => StartAsync(transport, resumable, perToken: Setup.Second);

    private static async Task<Resumable> StartAsync(
        TokenTransport transport, string resumable, TimeSpan firstToken = default, TimeSpan perToken = default, int tokens = 0)
    {
        var (time, gatewayTime) = (new ManualTime(), new ManualTime());
        var ollama = await SimulatedOllama.StartAsync(new SimulatorOptions
        {
            Models = ["m"], Slots = 0, TimeToFirstToken = firstToken, TimePerToken = perToken, Tokens = tokens, Time = time,
        });
        // No timeout of the gateway's is what ends anything here.
        var settings = Setup.QuietWith(", lease: 86400", ollama) + "  first_token_timeout: 86400\n  between_tokens_timeout: 86400\n"
            + $"  token_transport: {(transport == TokenTransport.Stream ? "stream" : "enumerable")}\n  resumable: {{{resumable}}}\n";
        return new Resumable(await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), settings), gatewayTime), ollama, time, gatewayTime);
    }

    /// <param name="Time">The backend's clock. Where only tokens come with it, none of the gateway's calls can run out.</param>
    /// <param name="GatewayTime">The gateway's own.</param>
    private sealed record Resumable(TestGateway Gateway, SimulatedOllama Ollama, ManualTime Time, ManualTime GatewayTime) : IAsyncDisposable
    {
        // Without draining: a client that leaves has left at once.
        private readonly HttpClient _http = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = Gateway.Address };

        public async Task<SseText> PostAsync(string text, bool resumable = true, string? key = null) =>
            await SseText.OfAsync(SendAsync(text, resumable ? "true" : "", key: key));

        public Task<HttpResponseMessage> SendAsync(
            string text, string header = "true", bool stream = true, string? key = null, CancellationToken cancellationToken = default)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
            {
                Content = new StringContent(TestGateway.Chat("m", text, stream), Encoding.UTF8, "application/json"),
            };
            if (header.Length > 0) request.Headers.Add("x-resumable", header);
            return SendAsync(request, key, cancellationToken);
        }

        public Task<HttpResponseMessage> GetAsync(string id, long? lastEventId = null, string? key = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams/" + id);
            if (lastEventId is { } n) request.Headers.Add("Last-Event-ID", n.ToString(CultureInfo.InvariantCulture));
            return SendAsync(request, key);
        }

        public Task<HttpResponseMessage> DeleteAsync(string id, string? key = null) => SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/v1/streams/" + id), key);

        public Task<SseText> ResumeAsync(string id, long after) => SseText.OfAsync(GetAsync(id, after));

        public async Task<string> WholeAsync(string id)
        {
            using var whole = await SseText.OfAsync(GetAsync(id));
            return await whole.ReadToEndAsync();
        }

        public void AdvanceBoth(TimeSpan by)
        {
            Time.Advance(by);
            GatewayTime.Advance(by);
        }

        /// <summary>Lets the clock run until so many events have come.</summary>
        public async Task<string[]> ReadPacedAsync(SseText reader, int events)
        {
            var read = reader.ReadEventsAsync(events);
            await AdvanceUntilAsync(() => read.IsCompleted, $"{events} events");
            return await read;
        }

        /// <summary>Lets the clock run until the backend has finished.</summary>
        public Task UntilFinishedAsync(int inferences = 1) => AdvanceUntilAsync(() => Ollama.Stats.Finished >= inferences, $"{inferences} finished inferences");

        public Task UntilAsync(Func<Backends.BackendSnapshot, bool> holds, string what) => Gateway.UntilAsync(Ollama.BaseAddress, holds, what);

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await Gateway.DisposeAsync();
            await Ollama.DisposeAsync();
        }

        /// <summary>Every few looks a second: what waits for the clock has to be waiting before it moves on.</summary>
        private Task AdvanceUntilAsync(Func<bool> holds, string what)
        {
            var looks = 0;
            return Eventually.UntilAsync(
                () =>
                {
                    if (holds()) return true;
                    if (++looks % 5 == 0) Time.Advance(Setup.Second);
                    return false;
                },
                what);
        }

        private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? key, CancellationToken cancellationToken = default)
        {
            if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
    }
}
