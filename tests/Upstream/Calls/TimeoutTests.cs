using System.Net;
using System.Net.Sockets;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

public sealed class TimeoutTests
{
    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Stream_WhenNoByteComes_FailsWithFirstTokenTimeout(string provider)
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var call = harness.FailAsync(harness.Request(provider, Harness.Say("hello")));
        await Eventually.HappensAsync(() => harness.Server.Stats.Running == 1, "the inference runs");

        time.Advance(TimeSpan.FromSeconds(299));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var (failure, _) = await call;
        Assert.Equal(FailureKind.FirstTokenTimeout, failure.Kind);
        Assert.True(failure is { BeforeFirstToken: true, Retryable: true });
        await Eventually.HappensAsync(() => harness.Server.Stats.Cancelled == 1, "the upstream saw the connection close");
    }

    [Fact]
    public async Task Stream_WhenOnlyTheRoleComes_FailsWithFirstTokenTimeout()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = 0 });
        await using var chunks = harness.Stream(harness.Request("openai", Harness.Say("hello"))).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        var next = chunks.MoveNextAsync().AsTask();

        time.Advance(TimeSpan.FromSeconds(299));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var thrown = await Assert.ThrowsAsync<UpstreamException>(() => next);
        Assert.Equal(FailureKind.FirstTokenTimeout, thrown.Failure.Kind);
    }

    [Theory]
    [InlineData("openai", 1)]
    [InlineData("openai", 3)]
    [InlineData("ollama", 3)]
    public async Task Stream_WhenUpstreamStalls_FailsWithStallTimeout(string provider, int tokens)
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = tokens });
        await using var chunks = harness.Stream(harness.Request(provider, Harness.Say("hello"))).GetAsyncEnumerator();
        for (var read = 0; read <= tokens; read++) Assert.True(await chunks.MoveNextAsync());
        var next = chunks.MoveNextAsync().AsTask();

        time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var thrown = await Assert.ThrowsAsync<UpstreamException>(() => next);
        Assert.Equal(FailureKind.StallTimeout, thrown.Failure.Kind);
        Assert.False(thrown.Failure.BeforeFirstToken);
        await Eventually.HappensAsync(() => harness.Server.Stats.Cancelled == 1, "the upstream saw the connection close");
    }

    [Fact]
    public async Task Stream_WhenTheReaderIsSlow_DoesNotBlameTheUpstream()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        var text = "";
        await foreach (var chunk in harness.Stream(harness.Request("openai", Harness.Say("hello"))))
        {
            text += new[] { chunk }.Text();
            time.Advance(TimeSpan.FromSeconds(200));
        }

        Assert.EndsWith("to: hello", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_WhenTheWholeTakesTooLong_FailsWithTotalTimeout()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Stall, AfterTokens = 3 });
        var request = harness.Request("openai", Harness.Say("hello")) with { Timeouts = new UpstreamTimeouts { Total = TimeSpan.FromSeconds(60) } };
        await using var chunks = harness.Stream(request).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        Assert.True(await chunks.MoveNextAsync());

        time.Advance(TimeSpan.FromSeconds(60));

        var thrown = await Assert.ThrowsAsync<UpstreamException>(async () =>
        {
            while (await chunks.MoveNextAsync())
            {
            }
        });
        Assert.Equal(FailureKind.TotalTimeout, thrown.Failure.Kind);
        Assert.True(thrown.Failure.Retryable);
    }

    [Fact]
    public async Task Stream_WhenNoConnectionIsMade_FailsWithConnectTimeout()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);

        // A listener that never answers the TLS handshake: the connection is never ready.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var call = harness.FailAsync(harness.Request("openai", Harness.Say("hello"), new Uri($"https://{silent.LocalEndpoint}/v1")));
        using var accepted = await silent.AcceptSocketAsync();

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(FailureKind.ConnectTimeout, (await call).Failure.Kind);
    }

    [Fact]
    public async Task Stream_WhenAnErrorBodyNeverEnds_FailsWithFirstTokenTimeout()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var call = harness.FailAsync(harness.Request("openai", Harness.Say("hello"), new Uri($"http://{server.LocalEndpoint}/v1")));
        using var socket = await server.AcceptSocketAsync();
        await socket.ReceiveAsync(new byte[4096]);
        await socket.SendAsync("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{"u8.ToArray());
        await Eventually.HappensAsync(() => harness.Report.Status == 500, "the status arrived");

        time.Advance(TimeSpan.FromSeconds(300));

        Assert.Equal(FailureKind.FirstTokenTimeout, (await call).Failure.Kind);
    }
}
