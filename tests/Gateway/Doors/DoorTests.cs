using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Ledger;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>What stands behind a door is the same behind each: limits, ledger, conversations, failures.</summary>
public class DoorTests
{
    public static TheoryData<string> All => [.. DoorGateway.Doors];

    [Theory]
    [MemberData(nameof(All))]
    public async Task LimitsCount_AndARefusalIsSaidInTheDoorsOwnForm(string door)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat", "gateway_settings: {limits: {user: {rpm: 1}}}\n"));
        var first = await AskAsync(gateway, door, "x");
        Assert.Equal(200, (int)first.StatusCode);
        Assert.Equal("0", Header(first, door == DoorGateway.Anthropic ? "anthropic-ratelimit-requests-remaining" : "x-ratelimit-remaining-requests"));
        var refused = await AskAsync(gateway, door, "x");
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Contains("Rate limit exceeded", await DoorGateway.ErrorAsync(door, refused), StringComparison.Ordinal);
        Assert.InRange(int.Parse(Header(refused, "retry-after")!), 1, 61);
        if (door == DoorGateway.Anthropic) Assert.True(DateTimeOffset.TryParse(Header(refused, "anthropic-ratelimit-requests-reset"), out _));
        Assert.Equal(1, ollama.Stats.Started);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task AnAnswer_LeavesARowInTheLedger(string door)
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        await (await AskAsync(gateway, door, "x", stream: true)).Content.ReadAsStringAsync();
        var row = Assert.Single(await RowsAsync(gateway, 1));
        Assert.Equal((LedgerRow.Success, "public", 5, true), (row.Status, row.Model, row.CompletionTokens, row.Stream));
        Assert.True(row.PromptTokens > 0);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task AConversation_IsKept_WhateverTheDoor(string door)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        foreach (var text in (string[])["one", "two"])
        {
            var answer = await AskAsync(gateway, door, text, stream: text == "one", more: ",\"conversation_id\":\"c\"");
            Assert.Equal(200, (int)answer.StatusCode);
            await answer.Content.ReadAsStringAsync();
        }

        using var body = JsonDocument.Parse(ollama.Stats.Bodies[^1]);
        Assert.Equal(
            ["one", "This is a simulated answer from m to: one", "two"], body.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("content").GetString()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task AnAnswerThatBreaksOff_EndsInAnErrorOfTheDoors(string door)
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 9);
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat", "router_settings: {num_retries: 0}\n"));
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3 });
        var text = await (await AskAsync(gateway, door, "x", stream: true)).Content.ReadAsStringAsync();
        var end = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        switch (door)
        {
            case DoorGateway.OpenAi:
                OpenAiTypes.Check("ErrorResponse", DoorGateway.Data(text).Last());
                Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
                break;
            case DoorGateway.Anthropic:
                Assert.Equal(("event: error", "error"), (end[^2], DoorGateway.Data(text).Last().GetProperty("type").GetString()));
                Assert.DoesNotContain("message_stop", text, StringComparison.Ordinal);
                break;
            default:
                Assert.Equal(JsonValueKind.String, JsonDocument.Parse(end[^1]).RootElement.GetProperty("error").ValueKind);
                Assert.DoesNotContain("\"done\":true", text, StringComparison.Ordinal);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task AMistake_AndAnUnknownModel_AreSaidInTheDoorsOwnForm(string door)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var unknown = await gateway.PostAsync(DoorGateway.Ask(door, "x", stream: true, model: "nobody"), path: DoorGateway.PathOf(door));
        Assert.Equal(404, (int)unknown.StatusCode);
        Assert.Contains("nobody", await DoorGateway.ErrorAsync(door, unknown), StringComparison.Ordinal);
        foreach (var wrong in (string[])["", "[]", "{", """{"model":"public","stream":7,"messages":[{"role":"user","content":"x"}],"prompt":"x"}""", """{"model":"public","messages":7,"prompt":7}"""])
        {
            var refused = await gateway.PostAsync(wrong, path: DoorGateway.PathOf(door));
            Assert.Equal(400, (int)refused.StatusCode);
            Assert.NotEmpty(await DoorGateway.ErrorAsync(door, refused));
        }

        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete])
        {
            using var wrong = new HttpRequestMessage(method, DoorGateway.PathOf(door));
            var refused = await gateway.Http.SendAsync(wrong);
            Assert.Equal(405, (int)refused.StatusCode);
            Assert.NotEmpty(await DoorGateway.ErrorAsync(door, refused));
        }

        Assert.Equal(0, ollama.Stats.Requests);
    }

    [Fact]
    public async Task WhatADoorHasNoWordFor_IsToldInAHeader()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var anthropic = await AskAsync(gateway, DoorGateway.Anthropic, "x", more: ",\"context_management\":{},\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]");
        Assert.Equal((200, "context_management, tools.web_search"), ((int)anthropic.StatusCode, Header(anthropic, "x-dropped-params")));
        var native = await AskAsync(gateway, DoorGateway.OllamaChat, "x", more: ",\"options\":{\"num_ctx\":1024,\"top_k\":3}");
        Assert.Equal((200, "options.num_ctx"), ((int)native.StatusCode, Header(native, "x-dropped-params")));
        Assert.Contains("\"top_k\":3", ollama.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoWaits_IsToldByPings_WhereEventsHaveThem()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("public", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  queue: {comments: true}\n  queue_progress_interval: 0.05\n"));
        var running = AskAsync(gateway, DoorGateway.OpenAi, "first");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 1, "the first runs");
        var anthropic = await SseText.OfAsync(AskAsync(gateway, DoorGateway.Anthropic, "second", stream: true));
        Assert.Contains("event: ping\ndata: {\"type\":\"ping\",\"queue_position\":1", (await anthropic.ReadEventsAsync(1))[0], StringComparison.Ordinal);
        var lines = AskAsync(gateway, DoorGateway.OllamaChat, "third", stream: true);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 2, "two wait");
        for (var i = 0; i < 3; i++)
        {
            var started = i + 1;
            await Eventually.UntilAsync(() => ollama.Stats.Started == started && time.ArmedTimers > 0, $"inference {i} runs");
            time.Advance(Setup.Second);
        }

        await running;
        Assert.Contains("event: message_stop", await anthropic.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.EndsWith("to: third", (await DoorGateway.ReadAsync(DoorGateway.OllamaChat, await lines, stream: true)).Text, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> AskAsync(TestGateway gateway, string door, string text, bool stream = false, string more = "") =>
        gateway.PostAsync(DoorGateway.Ask(door, text, stream, more: more), path: DoorGateway.PathOf(door));

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static async Task<IReadOnlyList<LedgerRow>> RowsAsync(TestGateway gateway, int count)
    {
        var store = gateway.Services.GetRequiredService<ILedgerReader>();
        IReadOnlyList<LedgerRow> rows = [];
        await Eventually.UntilAsync(async () => (rows = await store.FindAsync(new LedgerQuery())).Count >= count, $"{count} rows are stored");
        return rows;
    }
}
