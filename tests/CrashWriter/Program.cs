using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLlm.CrashWriter;
using Orleans.Embedded;

// Writes the state of a few grains as fast as it can and prints each write once it is acknowledged, until it is killed.
var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.UseOrleans(silo => silo.AddSqliteGrainStorage("file", args[0]));
using var host = builder.Build();
await host.StartAsync();
var grains = host.Services.GetRequiredService<IGrainFactory>();
var console = Console.OpenStandardOutput();
var gate = new Lock();
await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
{
    var grain = grains.GetGrain<ICounterGrain>($"w{writer}");
    while (true)
    {
        var line = System.Text.Encoding.ASCII.GetBytes($"w{writer} {await grain.IncrementAsync()}\n");
        lock (gate)
        {
            console.Write(line);
            console.Flush();
        }
    }
})));

namespace OrleansLlm.CrashWriter
{
    internal interface ICounterGrain : IGrainWithStringKey
    {
        Task<long> IncrementAsync();
    }

    [GrainType("counter")]
    internal sealed class CounterGrain([PersistentState("count", "file")] IPersistentState<Counter> state) : Grain, ICounterGrain
    {
        public async Task<long> IncrementAsync()
        {
            state.State.Value++;
            await state.WriteStateAsync();
            return state.State.Value;
        }
    }

    [GenerateSerializer, Alias("crash.Counter")]
    internal sealed class Counter
    {
        [Id(0)]
        public long Value { get; set; }
    }
}
