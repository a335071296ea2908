using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansLlm.Micro;

/// <summary>What the engine of this build takes for a call of a grain and for an item of an enumerable, all in one process.</summary>
public class EngineCalls
{
    private const int Items = 100;

    private IHost _host = null!;
    private IEchoGrain _grain = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
#if ENGINE_ORLEANS
            silo.UseLocalhostClustering(siloPort: 21_900, gatewayPort: 41_900);
#endif
        });
        _host = builder.Build();
        await _host.StartAsync();
        _grain = _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IEchoGrain>("one");
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    [Benchmark]
    public Task<int> Call() => _grain.EchoAsync(1);

    [Benchmark(OperationsPerInvoke = Items)]
    public async Task<int> EnumerableItem()
    {
        var sum = 0;
        await foreach (var item in _grain.CountAsync(Items)) sum += item;
        return sum;
    }
}
