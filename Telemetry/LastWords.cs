using Microsoft.Extensions.Hosting;

namespace OrleansLlm.Telemetry;

/// <summary>
/// Starts and stops whatever tells others of this process. Their last words are said at the same time: services that do not listen cost a stop the
/// patience with one of them, and not the sum.
/// </summary>
internal sealed class LastWords(IEnumerable<ILastWords> all) : IHostedService
{
    private readonly List<ILastWords> _all = [.. all];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var one in _all) await one.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_all.Select(one => one.StopAsync(cancellationToken)));
}

/// <summary>Has something left to tell when the process stops.</summary>
internal interface ILastWords : IHostedService;
