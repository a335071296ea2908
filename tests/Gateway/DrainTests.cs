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
