using System.Net.Sockets;
using OrleansLlm.Simulator;

namespace OrleansLlm.Silo.Discovery;

/// <summary>Two simulated Ollama containers in this process, as the smallest known set-up has them. Said to be simulated wherever they are seen.</summary>
internal sealed class SimulatedBackends : IAsyncDisposable
{
    private static readonly (string Model, int Port)[] Containers = [("qwen2.5:0.5b", 11435), ("phi3:mini", 11436)];

    /// <summary>Without naming their type: a gateway with backends of its own does not load the simulator.</summary>
    private readonly List<(Uri Address, IAsyncDisposable Container)> _running = [];

    public IEnumerable<Uri> Addresses => _running.Select(r => r.Address);

    public bool Contains(Uri address) => _running.Any(r => r.Address.Port == address.Port && address.IsLoopback);

    public async Task<IReadOnlyList<(string Model, Uri Address)>> StartAsync(CancellationToken cancellationToken)
    {
        var started = new List<(string, Uri)>();
        foreach (var (model, port) in Containers)
        {
            var container = await StartOneAsync(model, port, cancellationToken);
            _running.Add((container.BaseAddress, container));
            started.Add((model, container.BaseAddress));
        }

        return started;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, container) in _running) await container.DisposeAsync();
    }

    /// <summary>On its usual port, or on a free one when that is taken.</summary>
    private static async Task<SimulatedOllama> StartOneAsync(string model, int port, CancellationToken cancellationToken)
    {
        var options = new SimulatorOptions
        {
            Models = [model],
            Port = port,
            TimeToFirstToken = TimeSpan.FromMilliseconds(150),
            TimePerToken = TimeSpan.FromMilliseconds(30),
        };
        try
        {
            return await SimulatedOllama.StartAsync(options, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Taken, or, on Windows, kept for others.
            return await SimulatedOllama.StartAsync(options with { Port = 0 }, cancellationToken);
        }
    }
}
