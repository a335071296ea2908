using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>All request bodies together have a bound, here a quarter of a mebibyte, which the first body of a test fills by four fifths.</summary>
public class BodyRoomTests
{
    private const int Large = 200_000;

    private static readonly string Announcement = $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {Large}\r\nExpect: 100-continue\r\n\r\n";

    [Theory]
    [InlineData("/v1/chat/completions", "HTTP/1.1 503", "\"code\":\"overloaded\"")]
    [InlineData("/v1/responses", "HTTP/1.1 503", "\"code\":\"overloaded\"")]
    [InlineData("/v1/messages", "HTTP/1.1 529", "\"type\":\"overloaded_error\"")]
    [InlineData("/api/chat", "HTTP/1.1 503", "{\"error\":\"The gateway holds")]
    [InlineData("/api/show", "HTTP/1.1 503", "{\"error\":\"The gateway holds")]
    [InlineData("/v1/conversations", "HTTP/1.1 503", "\"code\":\"overloaded\"")]
    public async Task ABodyThatDoesNotFitBesideTheOthers_IsRefusedUnread_InTheFormOfTheDoor(string path, string status, string form)
    {
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        await using var gateway = await StartAsync(ollama);
        using var first = await FilledAsync(gateway, ollama);
        using var second = await RawClient.AskAsync(gateway.Address, $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
        var answer = await second.UntilAsync("}");
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.Contains("\r\nRetry-After: 1\r\n", answer, StringComparison.Ordinal);
        Assert.Contains(form, answer, StringComparison.Ordinal);
        Assert.Equal(1, ollama.Stats.Requests);
    }

    [Fact]
    public async Task ABodyInPieces_IsRefusedWhenThereIsNoRoomForMore()
    {
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        var logs = new CapturedLogs();
        await using var gateway = await StartAsync(ollama, logs);
        using var first = await FilledAsync(gateway, ollama);
        using var second = await RawClient.AskAsync(gateway.Address, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        var piece = $"1000\r\n{new string(' ', 0x1000)}\r\n";
        for (var sent = 0; sent < 100_000; sent += 0x1000) await second.SendAsync(piece);
        Assert.StartsWith("HTTP/1.1 503", await second.UntilAsync("overloaded"), StringComparison.Ordinal);
        // What is left of it the server can throw away: whoever sends too much writes no errors into the log.
        second.EndSending();
        await second.ToTheEndAsync();
        Assert.DoesNotContain("draining", logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnnouncedBody_HoldsOnlyWhatHasCome()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var clients = new List<RawClient>();
        for (var i = 0; i < 10; i++)
        {
            clients.Add(await RawClient.AskAsync(gateway.Address, Announcement));
            // It is being read.
            await clients[i].UntilAsync("100 Continue");
            await clients[i].SendAsync("{");
        }

        using var whole = await RawClient.AskAsync(gateway.Address, Post("m"));
        Assert.StartsWith("HTTP/1.1 200", await whole.UntilAsync("\"usage\""), StringComparison.Ordinal);
        clients.ForEach(c => c.Dispose());
    }

    [Theory]
    [InlineData("answered")]
    [InlineData("left while it runs")]
    [InlineData("left while it is sent")]
    public async Task HoweverARequestEnds_ItsRoomIsFreeAgain(string end)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await StartAsync(ollama);
        using var first = await RawClient.AskAsync(gateway.Address, end == "left while it is sent" ? Post("m")[..^1] : Post("m"));
        await Eventually.UntilAsync(async () => await AnnounceAsync(gateway) == "503", "the first body has taken its room");
        if (end != "left while it is sent") await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        if (end == "answered")
        {
            time.Advance(Setup.Second);
            await first.UntilAsync("\"usage\"");
        }
        else
        {
            first.Dispose();
        }

        await Eventually.UntilAsync(async () => await AnnounceAsync(gateway) == "100", "there is room again");
    }

    [Fact]
    public async Task WhatIsRefused_GivesItsRoomBack()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        for (var i = 0; i < 3; i++)
        {
            await Eventually.UntilAsync(async () => await AnnounceAsync(gateway) == "100", "there is room");
            using var client = await RawClient.AskAsync(gateway.Address, Post("nothing"));
            Assert.StartsWith("HTTP/1.1 404", await client.UntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    /// <summary>Asks whether there would be room for another one, without taking any.</summary>
    /// <returns>The status: 100, or 503.</returns>
    private static async Task<string> AnnounceAsync(TestGateway gateway)
    {
        using var client = await RawClient.AskAsync(gateway.Address, Announcement);
        return (await client.UntilAsync("\r\n\r\n")).Split(' ')[1];
    }

    private static async Task<RawClient> FilledAsync(TestGateway gateway, SimulatedOllama ollama)
    {
        var client = await RawClient.AskAsync(gateway.Address, Post("m"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference of the first body runs");
        return client;
    }

    private static string Post(string model) => RawClient.Post("/v1/chat/completions", TestGateway.Chat(model, new string('a', Large)));

    private static Task<TestGateway> StartAsync(SimulatedOllama ollama, CapturedLogs? logs = null) => TestGateway.StartAsync(Setup.Config(
        Setup.Model("m", ollama), Setup.Quiet(ollama) + "  connections: {max_bodies_mb: 0.25}\ngeneral_settings: {max_request_size_mb: 0.25}\n"), logs: logs);
}
