using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Processes;
using StackExchange.Redis;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A stop ends when its time is over, whatever the engine still does.</summary>
public class EngineStopTests
{
    private readonly ManualTime _time = new();
    private readonly StopLeftovers _leftovers = new();

    [Fact]
    public async Task AnEngineThatDoesNotEnd_IsGivenUp_WhenTheTimeIsOver()
    {
        using var over = new CancellationTokenSource();
        var stop = Of(new Stops(new TaskCompletionSource().Task)).StopAsync(over.Token);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(stop.IsCompleted);
        await over.CancelAsync();
        await Eventually.UntilAsync(
            () =>
            {
                _time.Advance(OrderlyStop.EnginesGrace);
                return stop.IsCompleted;
            },
            "the stop ends");
        await stop;
        Assert.True(_leftovers.Engine);
    }

    [Fact]
    public async Task AnEngineThatEndsInTime_IsWaitedFor_AndOneThatFails_SaysSo()
    {
        var ends = new TaskCompletionSource();
        var stop = Of(new Stops(ends.Task)).StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        ends.SetResult();
        await stop;
        await Assert.ThrowsAsync<OrleansException>(() => Of(new Stops(Task.FromException(new OrleansException("It failed.")))).StopAsync(CancellationToken.None));
        Assert.False(_leftovers.Engine);
    }

    [Fact]
    public void TheServicesOfOrleans_AreBehindIt_AndNoOther()
    {
        var services = new ServiceCollection();
        services.AddHostedService<SecondInterrupt>();
        EngineStop.Bound(services, static type => type == typeof(Stops));
        Assert.Equal(typeof(SecondInterrupt), Assert.Single(services).ImplementationType);
        services.AddHostedService<Stops>();
        EngineStop.Bound(services, static type => type == typeof(Stops));
        var behindIt = Assert.Single(services, static s => s.ServiceType == typeof(IHostedService) && !s.IsKeyedService && s.ImplementationType != typeof(SecondInterrupt));
        Assert.NotNull(behindIt.ImplementationFactory);
    }

    [Fact]
    public async Task AServiceOfOrleans_IsDisposedWithTheHost()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(_leftovers);
        services.AddSingleton<TimeProvider>(_time);
        services.AddHostedService<Disposed>();
        EngineStop.Bound(services, static type => type == typeof(Disposed));
        Disposed inner;
        await using (var provider = services.BuildServiceProvider())
        {
            Assert.IsType<EngineStop>(Assert.Single(provider.GetServices<IHostedService>()));
            inner = (Disposed)provider.GetRequiredKeyedService<IHostedService>(typeof(Disposed));
            Assert.False(inner.Is);
        }
        Assert.True(inner.Is);
    }

    /// <summary>With a real Redis that hangs, as a process. Skipped where there is no redis-server.</summary>
    [Fact]
    public async Task ASiloWhoseRedisIsGone_EndsInTime_AndSaysWhatDidNotEnd()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-stop-").FullName;
        await using var redis = await RedisServer.StartAsync(folder);
        Assert.SkipUnless(redis is not null, "no redis-server on this machine");
        await using var ollama = await Setup.OllamaAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), Setup.Config(Setup.Model("m", ollama), "gateway_settings: {drain_timeout: 1}\n"));
        await using var silo = GatewayProcessUnderTest.Start(folder, "--port 0 --role silo", ("REDIS_URL", redis.Url));
        await silo.ReadyAsync();
        await redis.StopAsync();
        // The engine itself gives its store up at about the same time: whichever is first, the code and the log agree.
        var isGivenUp = await silo.TerminateAsync() == StopLeftovers.ExitCode;
        Assert.True(silo.Output.Contains("EngineStopGivenUp", StringComparison.Ordinal) == isGivenUp, silo.Output);
    }

    /// <summary>As a process, with a real Redis. Otherwise the others would have to find it dead. Skipped where there is no redis-server.</summary>
    [Fact]
    public async Task ASiloThatCannotServe_LeavesTheClusterThatItHasJoined()
    {
        const int Dead = 6;
        var folder = Directory.CreateTempSubdirectory("orleansllm-stop-").FullName;
        await using var redis = await RedisServer.StartAsync(folder);
        Assert.SkipUnless(redis is not null, "no redis-server on this machine");
        await using var ollama = await Setup.OllamaAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), Setup.Config(Setup.Model("m", ollama)));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var silo = GatewayProcessUnderTest.Start(folder, $"--port {((IPEndPoint)taken.LocalEndpoint).Port} --role silo", ("REDIS_URL", redis.Url));
        await silo.FailsAsync("is in use");
        await using var store = await ConnectionMultiplexer.ConnectAsync(redis.Url.Replace("redis://", "", StringComparison.Ordinal));
        var member = Assert.Single(await store.GetDatabase().HashGetAllAsync("orleansllm/members/orleansllm"), row => row.Name.ToString().StartsWith('S'));
        Assert.Equal(Dead, JsonElement.Parse(member.Value.ToString()).GetProperty("Status").GetInt32());
    }

    /// <summary>As a process. What has started is stopped again, as long as that takes, and the reason is the last that it says.</summary>
    [Fact]
    public async Task ASiloWithoutItsRedis_DoesNotStart_AndSaysWhatIsMissing()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-stop-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), Setup.Config(Setup.Model("m", ollama)));
        await using var silo = GatewayProcessUnderTest.Start(folder, "--port 0 --role silo", ("REDIS_URL", "redis://127.0.0.1:1"));
        Assert.Equal(1, await silo.ExitAsync());
        Assert.Contains("127.0.0.1:1", silo.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        Assert.Contains("gateway_settings.cluster.redis", silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", silo.Output, StringComparison.Ordinal);
    }

    private EngineStop Of(IHostedService engine) => new(engine, _leftovers, _time, NullLogger<EngineStop>.Instance);

    private sealed class Disposed : IHostedService, IDisposable
    {
        public bool Is { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => Is = true;
    }

    private sealed class Stops(Task stopping) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => stopping;
    }
}
