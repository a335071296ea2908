using Microsoft.Extensions.Hosting;

namespace OrleansLlm.Telemetry;

/// <summary>
/// Starts and stops whatever tells others of this process. Their last words are said at the same time: services that do not listen cost a stop the
/// patience with one of them, and not the sum.
/// </summary>
internal sealed class LastWords(IEnumerable<ILastWords> all) : IHostedLifecycleService
{
    private readonly List<ILastWords> _all = [.. all];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var one in _all) await one.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The engine's last grains may still have something to tell.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(_all.Select(one => one.StopAsync(cancellationToken)));
}

/// <summary>Has something left to tell when the process stops.</summary>
internal interface ILastWords : IHostedService;
