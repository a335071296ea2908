using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

public class DrainTests
{
    [Fact]
    public async Task AnOrderlyStop_LetsAStreamFinish()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
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
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time, logs: logs);
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
        Assert.DoesNotContain("[DONE]", await text, StringComparison.Ordinal);
        await Eventually.UntilAsync(() => ollama.Stats.Cancelled == 1, "the backend was told to stop");
    }
}
