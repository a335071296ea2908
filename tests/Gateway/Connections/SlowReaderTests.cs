using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>
/// Clients that ask and do not read: their backend is let go, and with one connection allowed in all the next client shows that theirs is gone.
/// </summary>
public class SlowReaderTests
{
    /// <summary>Far more than the systems' own buffers hold, on the way from the backend (tens of megabytes) and to the client together: whoever could hand all over would never learn that nobody reads.</summary>
    private const int ManyTokens = 1_500_000;

    /// <summary>Until buffers of tens of megabytes are full, on a machine that has other things to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task WhoNeverReadsAStream_IsCut_AndTheBackendIsLetGo()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: ManyTokens);
        var logs = new CapturedLogs();
        await using var gateway = await StartAsync(ollama, logs);
        using var client = await RawClient.AskAsync(gateway.Address, RawClient.Post("/v1/chat/completions", TestGateway.Chat("m", "x", stream: true)), smallWindow: true);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend saw that nobody reads", Patience);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
        await Eventually.UntilAsync(() => Connection.IsServedAsync(gateway.Address), "the connection is gone", Patience);
        Assert.DoesNotContain("[DONE]", await client.ToTheEndAsync(), StringComparison.Ordinal);
        Assert.Empty(logs.Of("RequestFailed"));
    }

    [Fact]
    public async Task WhoNeverReadsAWholeAnswer_IsCut()
    {
        await using var ollama = await Setup.OllamaAsync();
        var piece = $$"""{"model":"m","message":{"role":"assistant","content":"{{new string('a', 900_000)}}"},"done":false}""";
        ollama.Faults.Add(new Fault
        {
            Kind = FaultKind.Raw,
            Body = string.Join('\n', Enumerable.Repeat(piece, 10)) + """

                {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":1}

                """,
        });
        var logs = new CapturedLogs();
        await using var gateway = await StartAsync(ollama, logs);
        using var client = await RawClient.AskAsync(gateway.Address, RawClient.Post("/v1/chat/completions", TestGateway.Chat("m", "x")), smallWindow: true);
        await Eventually.UntilAsync(() => Connection.IsServedAsync(gateway.Address), "the connection is gone", Patience);
        Assert.DoesNotContain("\"usage\"", await client.ToTheEndAsync(), StringComparison.Ordinal);
        Assert.Empty(logs.Of("RequestFailed"));
    }

    [Fact]
    public async Task WhoAsksAgainAndAgainAndNeverReads_IsCut()
    {
        await using var ollama = await Setup.OllamaAsync();
        var logs = new CapturedLogs();
        await using var gateway = await StartAsync(ollama, logs);
        using var client = await RawClient.ConnectAsync(gateway.Address, smallWindow: true);
        using var asking = new CancellationTokenSource();
        var flood = FloodAsync(client, asking.Token);
        await Eventually.UntilAsync(() => Connection.IsServedAsync(gateway.Address), "the connection is gone", Patience);
        await asking.CancelAsync();
        await flood;
    }

    private static async Task FloodAsync(RawClient client, CancellationToken cancellationToken)
    {
        var many = string.Concat(Enumerable.Repeat("GET /nope HTTP/1.1\r\nHost: x\r\n\r\n", 1000));
        try
        {
            while (!cancellationToken.IsCancellationRequested) await client.SendAsync(many);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or OperationCanceledException)
        {
            // Cut.
        }
    }

    private static Task<TestGateway> StartAsync(SimulatedOllama ollama, CapturedLogs logs) => TestGateway.StartAsync(Setup.Config(
        Setup.Model("m", ollama), Setup.Quiet(ollama) + "  client_stall_timeout: 0.5\n  connections: {max: 1, patience: 1.1, min_rate: 1000000}\n"), logs: logs);
}
