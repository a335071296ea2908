using OrleansLlm.Bench.Gateways;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Endurance;

/// <summary>A gateway that is killed, and started until it starts, as a service manager does.</summary>
internal sealed class Supervised(string folder, Func<string> configuration) : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(0.5);

    private readonly List<(long From, long Until)> _down = [];
    private readonly int _port = Ports.Free();
    private BenchGateway? _gateway;

    public BenchGateway Gateway => _gateway ?? throw new InvalidOperationException("It is not started.");

    public Uri Address => new($"http://localhost:{_port}");

    /// <summary>Starts that came to nothing.</summary>
    public int FailedStarts { get; private set; }

    public async Task StartAsync() => _gateway = await BenchGateway.StartAsync(folder, configuration(), _port);

    /// <param name="meanwhile">Begun when it is dead, and not waited for before it is started again.</param>
    public async Task KillAsync(Func<Task>? meanwhile = null)
    {
        var from = TimeProvider.System.GetTimestamp();
        lock (_down) _down.Add((from, long.MaxValue));
        var killed = Gateway;
        await killed.KillAsync();
        await killed.DisposeAsync();
        var happens = meanwhile?.Invoke() ?? Task.CompletedTask;
        while (true)
        {
            try
            {
                _gateway = await BenchGateway.StartAsync(folder, configuration(), _port);
                break;
            }
            catch (InvalidOperationException) when (FailedStarts < 1000)
            {
                FailedStarts++;
                await Task.Delay(Again, TimeProvider.System);
            }
        }

        await happens;
        lock (_down) _down[^1] = (from, TimeProvider.System.GetTimestamp());
    }

    /// <summary>Whether it was dead at any time between the two timestamps.</summary>
    public bool WasDown(long from, long until)
    {
        lock (_down) return _down.Exists(d => d.From <= until && d.Until >= from);
    }

    public ValueTask DisposeAsync() => _gateway?.DisposeAsync() ?? ValueTask.CompletedTask;
}
