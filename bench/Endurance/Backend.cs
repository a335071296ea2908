using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Endurance;

/// <summary>A simulated container that can die and come back at its address. Its books outlive it.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly SimulatorOptions _options;
    private SimulatedOllama? _server;
    private long _started, _ended, _finished, _most;
    private IReadOnlyList<OpenInference> _fullest = [];

    private Backend(SimulatorOptions options, SimulatedOllama server)
    {
        (_options, _server, BaseAddress) = (options, server, server.BaseAddress);
    }

    public Uri BaseAddress { get; }

    public bool IsUp => _server is not null;

    /// <summary>Null while it is dead.</summary>
    public FaultList? Faults => _server?.Faults;

    /// <summary>Inferences that run now.</summary>
    public long Running => _server?.Stats.Running ?? 0;

    public long Started => _started + (_server?.Stats.Started ?? 0);

    /// <summary>Of those that have started: finished, given up by their client, or broken by a fault.</summary>
    public long Ended => _ended + (_server is { Stats: var stats } ? stats.Finished + stats.Cancelled + stats.Broken : 0);

    public long Finished => _finished + (_server?.Stats.Finished ?? 0);

    /// <summary>The most that ever ran at once.</summary>
    public long MostRunning => Math.Max(_most, _server?.Stats.MaxRunning ?? 0);

    /// <summary>What ran then.</summary>
    public IReadOnlyList<OpenInference> Fullest => _server is { Stats: var stats } && stats.MaxRunning >= _most ? stats.Fullest : _fullest;

    public static async Task<Backend> StartAsync(SimulatorOptions options)
    {
        options = options with { Port = Ports.Free() };
        return new Backend(options, await SimulatedOllama.StartAsync(options));
    }

    /// <summary>At once; its connections are cut.</summary>
    public async Task DieAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        await server.DisposeAsync();
        // What it was doing has ended with it.
        _started += server.Stats.Started;
        _ended += server.Stats.Started;
        _finished += server.Stats.Finished;
        if (server.Stats.MaxRunning > _most) (_most, _fullest) = (server.Stats.MaxRunning, server.Stats.Fullest);
    }

    public async Task ComeBackAsync() => _server ??= await SimulatedOllama.StartAsync(_options);

    public async ValueTask DisposeAsync() => await DieAsync();
}
