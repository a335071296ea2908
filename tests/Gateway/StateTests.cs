using OrleansLlm.Backends;
using OrleansLlm.Support;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What a gateway still knows after a restart.</summary>
public class StateTests
{
    [Fact]
    public async Task ARestart_KeepsTheCountsOfAUserAndADrainFlag()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-state-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        var config = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama));
        const string body = """{"model":"m","user":"ada","messages":[{"role":"user","content":"x"}]}""";
        UserUsage before;
        await using (var gateway = await TestGateway.StartAsync(config, folder: folder))
        {
            for (var i = 0; i < 3; i++) Assert.Equal(200, (int)(await gateway.PostAsync(body)).StatusCode);
            var user = gateway.Grains.GetGrain<IUserGrain>("user:ada");
            await Eventually.UntilAsync(async () => (await user.GetUsageAsync()).Running == 0, "all requests are settled");
            before = await user.GetUsageAsync();
            Assert.True(before is { Requests: 3, CompletionTokens: > 0, PromptTokens: > 0 });
            await gateway.Grains.GetGrain<IBackendGrain>(Name(ollama)).SetDrainingAsync(true);
        }

        await using (var gateway = await TestGateway.StartAsync(config, folder: folder))
        {
            Assert.Equal(before, await gateway.Grains.GetGrain<IUserGrain>("user:ada").GetUsageAsync());
            var refused = await gateway.PostAsync(body);
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Equal("backend_draining", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
            await gateway.Grains.GetGrain<IBackendGrain>(Name(ollama)).SetDrainingAsync(false);
            Assert.Equal(200, (int)(await gateway.PostAsync(body)).StatusCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Draining_LetsWhatRunsFinish()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        await gateway.Grains.GetGrain<IBackendGrain>(Name(ollama)).SetDrainingAsync(true);
        Assert.Equal(503, (int)(await waiting).StatusCode);
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
    }

    private static string Name(Simulator.SimulatedOllama ollama) => Silo.Configuration.Addresses.Normalise(ollama.BaseAddress);
}
