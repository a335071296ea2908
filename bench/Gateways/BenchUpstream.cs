using System.Text.Json;

namespace OrleansLlm.Bench.Gateways;

/// <summary>The simulator as a process of its own: one backend with any number of slots, ten with one each.</summary>
internal sealed class BenchUpstream : IAsyncDisposable
{
    public const int OneSlotBackends = 10;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly ChildProcess _process;

    private BenchUpstream(ChildProcess process, Uri[] addresses) => (_process, Wide, OneSlot) = (process, addresses[0], addresses[1..]);

    public Uri Wide { get; }

    public Uri[] OneSlot { get; }

    public int ProcessId => _process.Id;

    public static async Task<BenchUpstream> StartAsync(string folder, int port)
    {
        var process = ChildProcess.Start(
            folder, Path.Combine(folder, "simulator.log"), "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "OrleansLlm.Simulator.dll"), "prepared", "--one-slot", $"{OneSlotBackends}", "--port", $"{port}"], SocketSettings.ForSimulator);
        while (!process.Output.EndsWith('\n'))
        {
            if (process.HasExited) throw new InvalidOperationException($"The simulator ended:\n{process.Output}");
            await Task.Delay(Look, TimeProvider.System);
        }

        return new BenchUpstream(process, [.. process.Output.Split('\n')[0].Split(' ')[1..].Select(a => new Uri(a))]);
    }

    /// <summary>The most inferences that any of the one-slot backends had at once since this was last asked.</summary>
    public async Task<int> MostAtOnceAsync()
    {
        using var http = new HttpClient();
        var most = 0;
        foreach (var backend in OneSlot)
        {
            using var stats = JsonDocument.Parse(await http.GetStringAsync(new Uri(backend, "sim/stats")));
            most = Math.Max(most, stats.RootElement.GetProperty("mostAtOnce").GetInt32());
        }

        return most;
    }

    /// <summary>What a client reaches without a gateway.</summary>
    public Target Direct() => new("direct", (user, oneSlot) => oneSlot ? OneSlot[user % OneSlotBackends] : Wide, "none");

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
