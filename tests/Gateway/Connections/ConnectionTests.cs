using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>
/// What a client that means harm, or one that is merely broken, can hold of the gateway ends by itself. The limits are set low; nothing is timed,
/// the end is waited for.
/// </summary>
public class ConnectionTests
{
    private const string Liveliness = "GET /health/liveliness HTTP/1.1\r\nHost: x\r\n\r\n";

    [Fact]
    public async Task HeadersThatNeverEnd_AreNotWaitedFor()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "header_timeout: 0.2");
        using var client = await RawClient.AskAsync(gateway.Address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        using var enough = new CancellationTokenSource();
        var drip = client.DripAsync((byte)'a', enough.Token);
        Assert.DoesNotContain("HTTP/1.1 2", await client.ToTheEndAsync(), StringComparison.Ordinal);
        await enough.CancelAsync();
        await drip;
    }

    [Fact]
    public async Task WhoHangsUpInItsBody_IsNothingToWarnOf()
    {
        await using var ollama = await Setup.OllamaAsync();
        var logs = new CapturedLogs();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  connections: {max: 1}\n"), logs: logs);
        for (var i = 0; i < 20; i++)
        {
            using (var client = await RawClient.AskAsync(gateway.Address, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"))
            {
                // The body is waited for.
                await client.UntilAsync("100 Continue");
                await client.SendAsync("{");
                // The end is to come alone; where it does not, this round has shown less.
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                client.EndSending();
                if (i % 2 == 0) await client.ToTheEndAsync();
            }

            await Eventually.UntilAsync(() => IsServedAsync(gateway), "the connection is gone");
        }

        Assert.DoesNotContain("ended abnormally", logs.All, StringComparison.Ordinal);
        Assert.Empty(logs.Of("RequestFailed"));
    }

    [Fact]
    public async Task AConnectionWithoutARequest_IsClosed()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "idle_timeout: 0.2");
        using var client = await RawClient.ConnectAsync(gateway.Address);
        Assert.Equal("", await client.ToTheEndAsync());
        // One that asks in time is served; on a machine that stands still in between it asks too late.
        await Eventually.UntilAsync(() => Connection.IsServedAsync(gateway.Address, headers: ""), "one with a request is answered");
    }

    [Fact]
    public async Task ABodyThatDrips_IsA408()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "min_rate: 10000, patience: 1.1");
        using var client = await RawClient.AskAsync(gateway.Address, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{");
        using var enough = new CancellationTokenSource();
        var drip = client.DripAsync((byte)' ', enough.Token);
        var answer = await client.ToTheEndAsync();
        await enough.CancelAsync();
        await drip;
        // The reset that follows may overtake the answer.
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        Assert.Equal(0, ollama.Stats.Requests);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "\"code\":\"request_too_large\"")]
    [InlineData("/v1/messages", "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\"")]
    [InlineData("/api/chat", "{\"error\":\"The request body is larger")]
    public async Task ABodyThatIsAnnouncedTooLarge_IsRefusedUnread_InTheFormOfTheDoor(string path, string form)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "", "general_settings: {max_request_size_mb: 1}\n");
        using var client = await RawClient.AskAsync(gateway.Address, $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {(1 << 20) + 1}\r\nExpect: 100-continue\r\n\r\n");
        var answer = await client.UntilAsync("}");
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains(form, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABodyInPiecesThatGrowsTooLarge_IsA413()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "", "general_settings: {max_request_size_mb: 0.25}\n");
        using var client = await RawClient.AskAsync(gateway.Address, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        var piece = $"1000\r\n{new string(' ', 0x1000)}\r\n";
        for (var sent = 0; sent <= 1 << 18; sent += 0x1000) await client.SendAsync(piece);
        Assert.StartsWith("HTTP/1.1 413", await client.UntilAsync("request_too_large"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one", 431)]
    [InlineData("many", 431)]
    [InlineData("line", 414)]
    public async Task TooMuchBeforeTheBody_IsRefused(string what, int status)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "max_header_bytes: 10000");
        using var client = await RawClient.ConnectAsync(gateway.Address);
        var head = what switch
        {
            "one" => $"GET / HTTP/1.1\r\nHost: x\r\nX-Large: {new string('a', 10_000)}\r\n\r\n",
            "many" => $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i.ToString(CultureInfo.InvariantCulture)}: a\r\n"))}\r\n",
            _ => $"GET /{new string('a', 10_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
        };
        await client.SendAsync(head);
        Assert.StartsWith($"HTTP/1.1 {status}", await client.ToTheEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneConnectionTooMany_IsClosedAtOnce_AndOneThatGoesMakesRoom()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "max: 2");
        using var first = await RawClient.AskAsync(gateway.Address, Liveliness);
        await first.UntilAsync("200 OK");
        using (var second = await RawClient.AskAsync(gateway.Address, Liveliness))
        {
            await second.UntilAsync("200 OK");
            Assert.False(await IsServedAsync(gateway));
        }

        await Eventually.UntilAsync(() => IsServedAsync(gateway), "there is room for another connection");
    }

    [Fact]
    public async Task PipelinedRequests_AreAnsweredInTheirOrder()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "");
        using var client = await RawClient.ConnectAsync(gateway.Address);
        string[] words = ["alpha", "beta", "gamma"];
        await client.SendAsync(string.Concat(words.Select(w => RawClient.Post("/v1/chat/completions", TestGateway.Chat("m", w), $"x-litellm-call-id: {w}\r\n"))) + Liveliness);
        var answers = await client.UntilAsync("alive");
        Assert.Equal(words, ollama.Stats.Arrivals);
        var places = words.Select(w => answers.IndexOf($"x-litellm-call-id: {w}", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AHalfClosedConnection_IsAClientThatHasLeft(bool streaming)
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: streaming ? default : Setup.Second, perToken: Setup.Second);
        await using var gateway = await StartAsync(ollama, "");
        using var client = await RawClient.AskAsync(gateway.Address, RawClient.Post("/v1/chat/completions", TestGateway.Chat("m", "x", stream: true)));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        if (streaming) await client.UntilAsync("data: {");
        client.EndSending();
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend saw its client leave");
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        await client.ToTheEndAsync();
    }

    [Fact]
    public async Task Http2_IsNotSpoken_WhateverItsFramesSay()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "max: 1");
        using (var client = await RawClient.ConnectAsync(gateway.Address))
        {
            byte[] settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            // A reset of every stream that it opens, and a header block that never ends.
            var frames = Enumerable.Range(0, 1000).SelectMany(i => (byte[])[0, 0, 1, 1, 4, 0, 0, (byte)(i >> 7), (byte)((i << 1) | 1), 0x82, 0, 0, 4, 3, 0, 0, 0, (byte)(i >> 7), (byte)((i << 1) | 1), 0, 0, 0, 8])
                .Concat(Enumerable.Range(0, 1000).SelectMany(_ => (byte[])[0, 0, 1, 9, 0, 0, 0, 0, 1, 0x82]));
            try
            {
                await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .. settings, .. frames]);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It has not even taken them all.
            }

            // Who speaks it begins with SETTINGS. This is GOAWAY with HTTP_1_1_REQUIRED, or nothing where the reset has overtaken it.
            const string GoAway = "\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0d";
            Assert.Contains(await client.ToTheEndAsync(), (string[])["", GoAway]);
        }

        await Eventually.UntilAsync(() => IsServedAsync(gateway), "the connection is free again");
        // Asked to change over, it answers as before.
        await Eventually.UntilAsync(() => Connection.IsServedAsync(gateway.Address, "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), "it is answered");
    }

    [Fact]
    public async Task TheServersLimits_AreThoseOfTheConfiguration()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(
            ollama, "max: 7, header_timeout: 2, idle_timeout: 3, max_header_bytes: 70000, min_rate: 11, patience: 4", "general_settings: {max_request_size_mb: 1}\n");
        var limits = gateway.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal((7L, 0L, 70_000, 1L << 20), (limits.MaxConcurrentConnections!.Value, limits.MaxConcurrentUpgradedConnections!.Value, limits.MaxRequestHeadersTotalSize, limits.MaxRequestBodySize!.Value));
        Assert.Equal(70_000, limits.MaxRequestBufferSize);
        Assert.Equal((2, 3), (limits.RequestHeadersTimeout.TotalSeconds, limits.KeepAliveTimeout.TotalSeconds));
        foreach (var rate in (MinDataRate?[])[limits.MinRequestBodyDataRate, limits.MinResponseDataRate]) Assert.Equal((11, 4), (rate!.BytesPerSecond, rate.GracePeriod.TotalSeconds));
    }

    private static async Task<bool> IsServedAsync(TestGateway gateway) => await Connection.IsServedAsync(gateway.Address);

    private static Task<TestGateway> StartAsync(SimulatedOllama ollama, string limits, string more = "") =>
        TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"  connections: {{{limits}}}\n" + more));
}
