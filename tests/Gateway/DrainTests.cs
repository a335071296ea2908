using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Grains;
using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Responses;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Responses;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway;

public class DrainTests
{
    private const string Background = """{"model":"m","input":"x","background":true}""";

    [Fact]
    public async Task AnOrderlyStop_LetsAStreamFinish()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        // The gateway's own clock stands: how long it gives the stream does not run out.
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), new ManualTime());
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var text = response.Content.ReadAsStringAsync();
        while (!text.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.WhenAny(text, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
        }

        Assert.EndsWith("data: [DONE]\n\n", await text, StringComparison.Ordinal);
    }

    /// <summary>Where there are other silos, what waits begins again there: the cluster's tests.</summary>
    [Fact]
    public async Task AnOrderlyStop_OfTheOnlyProcess_RefusesThoseWhoWait_AtOnce()
    {
        var time = new ManualTime();
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), new ManualTime(), logs: logs);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var refused = await waiting;
        Assert.Equal((503, "gateway_stopping", "2"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString(), refused.Headers.RetryAfter?.ToString()));
        Assert.Empty(logs.Of("InferenceLost"));
        while (!running.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
        }

        Assert.Equal((200, 1), ((int)(await running).StatusCode, ollama.Stats.Started));
    }

    /// <summary>A front end that is a silo as well: an inference begins where its front end is, so that another try would find the same process.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnOrderlyStop_OfOneProcessOfMany_RefusesThoseWhoWaitAtItsOwnDoor_AtOnce(bool resumable)
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), new ManualTime(), logs: logs, more: AmongOthers);
        using var leave = new CancellationTokenSource();
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"), leave.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        gateway.Http.DefaultRequestHeaders.Add("x-resumable", resumable ? "true" : "false");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b", stream: true));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        // The clock stands: nobody's pause before another try ends.
        var refused = await waiting;
        Assert.Equal((503, "gateway_stopping", "2"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("code").GetString(), refused.Headers.RetryAfter?.ToString()));
        Assert.Empty(logs.Of("InferenceLost"));
        Assert.Empty(logs.Of("InternalError"));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Its id is its client's already, and cannot begin a second time elsewhere.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AResponseInTheBackground_ThatWaitsWhenItsProcessStops_HasFailedByThat(bool hasOthers)
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(time: new ManualTime(), firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), new ManualTime(), logs: logs, more: hasOthers ? AmongOthers : null);
        using var leave = new CancellationTokenSource();
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"), leave.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var id = IdOf(await gateway.AskAsync(Background, key: ""));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the response waits");
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        StoredResponse stored = StoredResponse.None;
        await Eventually.UntilAsync(async () => (stored = await gateway.Grains.GetGrain<IResponseGrain>(ResponseKeys.Of("anonymous", id)).ReadAsync()).Status == ResponseStatus.Failed, "it has failed");
        Assert.Equal(FailureKind.Stopping, stored.Failure!.Kind);
        var ledger = gateway.Services.GetRequiredService<ILedgerReader>();
        await Eventually.UntilAsync(async () => (await ledger.FindAsync(new LedgerQuery())).Any(r => r.Status == FailureNames.Of(FailureKind.Stopping)), "its row says so");
        Assert.Empty(logs.Of("InternalError"));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Nothing has been promised yet: its client is told to ask again, and does not find out later that it has failed.</summary>
    [Fact]
    public async Task AResponseInTheBackground_ThatComesWhenItsProcessStops_IsRefused_AndNothingIsLeftOfIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        gateway.Services.GetRequiredService<ProcessDrain>().Begin();
        using var refused = await gateway.SendAsync(HttpMethod.Post, "/v1/responses", Background);
        Assert.Equal((503, "2"), ((int)refused.StatusCode, refused.Headers.RetryAfter!.ToString()));
        Assert.Equal("gateway_stopping", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.Equal(0, (await gateway.JsonAsync(HttpMethod.Delete, "/v1/conversations")).GetProperty("responses").GetInt32());
    }

    [Fact]
    public async Task AnOrderlyStop_WaitsUntilTheRowOfAnAnswerIsThere_AndNotOnlyForItsBackend()
    {
        using var ledger = new HeldLedger();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), more: services => services.AddSingleton<ILedger>(ledger));
        await gateway.AskAsync(Background, key: "");
        await ledger.Asked.Task;
        var drain = gateway.Services.GetRequiredService<ProcessDrain>();
        await Eventually.UntilAsync(() => drain.Running == 0, "its backend is through with it");
        Assert.Equal(1, drain.Open);
        var drained = drain.CompleteAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.False(drained.IsCompleted);
        ledger.Dispose();
        await drained;
        Assert.False(drain.Cut.IsCancellationRequested);
    }

    [Fact]
    public async Task AnOrderlyStop_KeepsTheAnswersThatNobodyIsConnectedTo_AndTheirRows()
    {
        const int Each = 6;
        var folder = Directory.CreateTempSubdirectory("orleansllm-drain-").FullName;
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second, tokens: 50);
        var config = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama))
            .Replace("slots: 1", "slots: 99", StringComparison.Ordinal).Replace("max_parallel_requests: 1", "max_parallel_requests: 99", StringComparison.Ordinal);
        List<string> ids = [];
        await using (var gateway = await TestGateway.StartAsync(config, folder: folder))
        {
            for (var i = 0; i < Each; i++)
            {
                ids.Add(IdOf(await gateway.AskAsync(Background, key: "")));
                using var resumable = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestGateway.Chat("m", "x", stream: true)) };
                resumable.Content.Headers.ContentType = new("application/json");
                resumable.Headers.Add("x-resumable", "true");
                resumable.Headers.Add("x-conversation-id", $"c{i}");
                var sent = gateway.Http.SendAsync(resumable, HttpCompletionOption.ResponseHeadersRead);
                var begun = (2 * i) + 2;
                await Eventually.UntilAsync(() => ollama.Stats.Running == begun, "both run");
                while (!sent.IsCompleted)
                {
                    // Its first token, and the client goes.
                    time.Advance(Setup.Second / 100);
                    await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
                }

                (await sent).Dispose();
            }

            var stopping = gateway.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            var stopped = gateway.DisposeAsync().AsTask();
            await Eventually.UntilAsync(() => stopping.IsCancellationRequested, "it stops");
            Assert.Equal(2 * Each, ollama.Stats.Running);
            while (!stopped.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(5));
                await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
            }

            await stopped;
        }

        await using var next = await TestGateway.StartAsync(config, folder: folder);
        foreach (var id in ids) Assert.Equal("completed", StatusOf(await next.JsonAsync(HttpMethod.Get, $"/v1/responses/{id}", key: "")));
        for (var i = 0; i < Each; i++) Assert.Equal(2, (await next.JsonAsync(HttpMethod.Get, $"/v1/conversations/c{i}/items", key: "")).GetProperty("data").GetArrayLength());
        var rows = await next.Services.GetRequiredService<ILedgerReader>().FindAsync(new LedgerQuery());
        Assert.Equal(2 * Each, rows.Count(r => r.Status == LedgerRow.Success));
        await next.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [InjectedTimeFact]
    public async Task AnOrderlyStop_CutsWhatIsStillRunningAfterTheDrainTimeout_AndSaysSo()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: TimeSpan.FromSeconds(1000));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  drain_timeout: 7\n"), time);
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var text = response.Content.ReadAsStringAsync();
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(text.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("data: {\"error\":", await text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"gateway_stopping\"", await text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", await text, StringComparison.Ordinal);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend was told to stop");
    }

    [InjectedTimeFact]
    public async Task BeforeAStopWithNotice_ReadinessSaysSo_AndAllIsServed()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  stop_delay: 5\n"), time);
        Assert.Equal(200, (int)(await gateway.Http.GetAsync("/health/readiness")).StatusCode);
        var drain = gateway.Services.GetRequiredService<ProcessDrain>();
        var stopped = StopAsync(gateway);
        await Eventually.UntilAsync(async () => (int)(await gateway.Http.GetAsync("/health/readiness")).StatusCode == 503, "readiness says that it is about to stop");
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.False(drain.Began.IsCancellationRequested || stopped.IsCompleted);
        await Eventually.UntilAsync(() => { time.Advance(TimeSpan.FromSeconds(0.1)); return stopped.IsCompleted; }, "it has stopped");
        await stopped;
        Assert.True(drain.IsOver);
        await Assert.ThrowsAsync<HttpRequestException>(() => gateway.PostAsync(TestGateway.Chat("m", "x")));
    }

    [InjectedTimeFact]
    public async Task CtrlCOnceMore_EndsTheNoticeToo()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync("gateway_settings: {stop_delay: 3600}\n", time);
        var stopped = StopAsync(gateway);
        time.Advance(TimeSpan.FromSeconds(1));
        gateway.Services.GetServices<IHostedService>().OfType<SecondInterrupt>().Single().Interrupted();
        await stopped;
    }

    [InjectedTimeFact]
    public async Task CtrlCOnceMore_CutsWhatStillRuns()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: TimeSpan.FromSeconds(1000));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama) + "  drain_timeout: 7\n"), time);
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        var interrupts = gateway.Services.GetServices<IHostedService>().OfType<SecondInterrupt>().Single();
        var drain = gateway.Services.GetRequiredService<ProcessDrain>();
        interrupts.Interrupted();
        Assert.False(drain.Cut.IsCancellationRequested);
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        interrupts.Interrupted();
        Assert.False(drain.Cut.IsCancellationRequested, "the first one, told twice");
        time.Advance(TimeSpan.FromSeconds(1));
        interrupts.Interrupted();
        Assert.Contains("\"code\":\"gateway_stopping\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>As after a signal.</summary>
    private static Task StopAsync(TestGateway gateway)
    {
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        return gateway.StopAsync();
    }

    /// <summary>As a silo that is not the only one, though the others are not to be had from here.</summary>
    private static void AmongOthers(IServiceCollection services) =>
        services.AddSingleton(s => new HostTraits(HoldersOutliveBackends: false) { HasOthers = () => true });

    /// <summary>Takes no row until it is disposed of.</summary>
    private sealed class HeldLedger : ILedger, IDisposable
    {
        private readonly ManualResetEventSlim _free = new();

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Add(LedgerRow row)
        {
            Asked.TrySetResult();
            _free.Wait();
        }

        public void Dispose() => _free.Set();
    }
}
