using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Calls;

public sealed class ConnectionTests
{
    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Stream_OneAfterTheOther_UsesOneConnection(string provider)
    {
        await using var harness = await Harness.StartAsync();
        using var pool = new ConnectionPool(harness.Server.BaseAddress);
        for (var call = 0; call < 5; call++)
        {
            await harness.CollectAsync(harness.Request(provider, Harness.Say("hello")));
            await pool.UntilOneIsThereAsync();
        }

        Assert.Equal(1, harness.Server.Stats.Connections);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Stream_WhenAPooledConnectionDies_IsSentOnceMoreOnAFreshOne(string provider)
    {
        await using var harness = await Harness.StartAsync();
        using var pool = new ConnectionPool(harness.Server.BaseAddress);
        await harness.CollectAsync(harness.Request(provider, Harness.Say("first")));
        await pool.UntilOneIsThereAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.CloseReusedConnection });

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say("second")));

        Assert.EndsWith("to: second", chunks.Text(), StringComparison.Ordinal);
        Assert.True(harness.Report.RetriedConnection);
        Assert.Equal(["first", "second"], harness.Server.Stats.Starts);
    }

    [Fact]
    public async Task Stream_WhenAPooledConnectionAndTheFreshOneDie_Fails()
    {
        await using var harness = await Harness.StartAsync();
        using var pool = new ConnectionPool(harness.Server.BaseAddress);
        await harness.CollectAsync(harness.Request("openai", Harness.Say("first")));
        await pool.UntilOneIsThereAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.CloseReusedConnection }, new Fault { Kind = FaultKind.ResetBeforeHeaders });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("second")));

        Assert.Equal(FailureKind.ConnectionLost, failure.Kind);
        Assert.Equal(["first"], harness.Server.Stats.Starts);
    }

    [Fact]
    public async Task Stream_WhenAFreshConnectionDies_IsNotSentAgain()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.ResetBeforeHeaders });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("first")));

        Assert.Equal(FailureKind.ConnectionLost, failure.Kind);
        Assert.False(harness.Report.RetriedConnection);
        Assert.Equal(1, harness.Server.Stats.Requests);
    }

    [Fact]
    public async Task Stream_WhenTheServerClosesAfterEveryReply_NeverFails()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.CloseAfterReply, Count = 200 });

        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (at, ct) =>
        {
            var chunks = new List<UpstreamChunk>();
            await foreach (var chunk in harness.Upstream.StreamAsync(harness.Request("openai", Harness.Say($"call {at}")), new(), ct)) chunks.Add(chunk);
            Assert.EndsWith($"to: call {at}", chunks.Text(), StringComparison.Ordinal);
        });

        Assert.Equal(200, harness.Server.Stats.Finished);
        Assert.InRange(harness.Server.Stats.Connections, 200, 400);
    }

    [Theory]
    [InlineData("openai", "POST /v1/chat/completions?api-version=1 HTTP/1.1")]
    [InlineData("ollama", "POST /v1/api/chat?api-version=1 HTTP/1.1")]
    public async Task Request_CarriesKeyHeadersAndQuery(string provider, string start)
    {
        await using var harness = await Harness.StartAsync();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var request = harness.Request(provider, Harness.Say("hello", ",\"fallbacks\":[\"b\"]"), new Uri($"http://{server.LocalEndpoint}/v1/?api-version=1")) with
        {
            ApiKey = "sk-1", StripFields = new HashSet<string> { "fallbacks" },
            Headers = new Dictionary<string, string> { ["X-Team"] = "blue", ["User-Agent"] = "mine" },
        };
        var call = harness.FailAsync(request);
        using var socket = await server.AcceptSocketAsync();
        var received = "";
        var buffer = new byte[4096];
        while (!received.EndsWith('}')) received += Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
        socket.Close();

        Assert.StartsWith(start, received, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer sk-1\r\n", received, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Team: blue\r\n", received, StringComparison.Ordinal);
        Assert.Contains("\r\nUser-Agent: mine\r\n", received, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: ", received, StringComparison.Ordinal);
        Assert.DoesNotContain("fallbacks", received, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", received, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(FailureKind.ConnectionLost, (await call).Failure.Kind);
    }

    [Fact]
    public async Task Stream_ReportsWhatTheHeadersSaid()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Raw, Headers = new Dictionary<string, string> { ["x-request-id"] = "req_1", ["openai-processing-ms"] = "12", ["Via"] = "no" },
            Body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        });

        await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal("req_1", harness.Report.UpstreamRequestId);
        Assert.Equal(200, harness.Report.Status);
        Assert.Equal(
            ["llm_provider-openai-processing-ms: 12", "llm_provider-x-request-id: req_1"],
            harness.Report.ResponseHeaders.Select(header => $"{header.Key}: {header.Value}").Order());
        Assert.NotNull(harness.Report.TimeToFirstByte);
        Assert.NotNull(harness.Report.TimeToFirstToken);
    }
}
