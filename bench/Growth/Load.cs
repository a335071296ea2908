using System.Diagnostics;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Growth;

/// <summary>Some calls to a gateway, and what they cost it.</summary>
/// <param name="Cpu">Of the gateway's process, for each call.</param>
internal readonly record struct Load(TimeSpan Cpu, TimeSpan Median)
{
    /// <summary>Under every address of this machine.</summary>
    public static Task<SimulatedOllama> BackendAsync() => SimulatedOllama.StartAsync(new SimulatorOptions { Host = "0.0.0.0", Models = ["m"], Slots = 0, Tokens = 5 });

    /// <param name="call">With its number; a failure ends the benchmark.</param>
    public static async Task<Load> RunAsync(BenchGateway gateway, int calls, int atOnce, Func<int, Task<HttpResponseMessage>> call)
    {
        var times = new TimeSpan[calls];
        var next = -1;
        var cpu = gateway.Cpu;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < calls)
            {
                var began = Stopwatch.GetTimestamp();
                using var answer = await call(number);
                answer.EnsureSuccessStatusCode();
                times[number] = Stopwatch.GetElapsedTime(began);
            }
        }));
        cpu = gateway.Cpu - cpu;
        Array.Sort(times);
        return new Load(cpu / calls, times[calls / 2]);
    }

    /// <summary>Until the code is compiled for good.</summary>
    public static Task WarmUpAsync(BenchGateway gateway) => RunAsync(gateway, 3000, 4, _ => gateway.ChatAsync());

    public void AddTo(CurveTable table, string what)
    {
        table.Add($"{what}, CPU us", Cpu.TotalMicroseconds);
        table.Add($"{what}, p50 ms", Median.TotalMilliseconds);
    }

    public static async Task<(BenchGateway Gateway, TimeSpan Took)> StartAsync(string folder, string yaml)
    {
        var began = Stopwatch.GetTimestamp();
        var gateway = await BenchGateway.StartAsync(folder, yaml);
        return (gateway, Stopwatch.GetElapsedTime(began));
    }

    /// <param name="use">Is told the folder, and how long the start took.</param>
    public static Task WithGatewayAsync(string yaml, Func<BenchGateway, string, TimeSpan, Task> use) => WithFolderAsync(async folder =>
    {
        var (gateway, took) = await StartAsync(folder, yaml);
        await using (gateway) await use(gateway, folder, took);
    });

    public static async Task WithFolderAsync(Func<string, Task> use)
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-growth-").FullName;
        try
        {
            await use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
