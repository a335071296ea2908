using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Silo.Configuration.Overlay;

/// <summary>
/// Brings administrators' changes into this process: at its start before it serves, when asked to, and where other nodes may have taken one,
/// every second.
/// </summary>
/// <param name="period">Null: this is the only node, and whoever takes a change here says so.</param>
internal sealed class OverlayFollower(IGrainFactory grains, LiveCatalog catalog, TimeSpan? period, TimeProvider time, ILogger<OverlayFollower> logger)
    : BackgroundService, ICatalogSync
{
    private const int MostFindings = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1);
    private long _asked;
    private long _served;
    private bool _lost;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await SyncAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>One look serves all who asked before it began.</summary>
    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        var asked = Interlocked.Increment(ref _asked);
        // Not in the turns of the grain that may be asking: that may go before the look is over.
        await Task.Run(() => LookAsync(asked), CancellationToken.None).WaitAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _gate.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (period is { } pause)
            {
                await Task.Delay(pause, time, stoppingToken);
                await SyncAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task LookAsync(long asked)
    {
        await _gate.WaitAsync();
        var serves = _served;
        try
        {
            if (_served >= asked) return;
            serves = Interlocked.Read(ref _asked);
            if (await grains.GetGrain<ICatalogGrain>(ICatalogGrain.Key).GetAsync(catalog.OverlayVersion).WaitAsync(Patience, time) is { } overlay) Take(overlay);
            if (_lost) logger.OverlayFound();
            _lost = false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is (a silo that died, a store that is away): what is in force stays, and the next look may do better.
            if (!_lost) logger.OverlayLost(e);
            _lost = true;
        }
        finally
        {
            // Also when it failed: those who wait would only fail one after the other.
            _served = serves;
            _gate.Release();
        }
    }

    private void Take(CatalogOverlay overlay)
    {
        var (problems, report, warnings) = catalog.TakeOverlay(overlay);
        foreach (var (key, problem) in problems) logger.EntryLeftOut(key, problem);
        foreach (var error in report.Findings.Where(f => f.Kind == FindingKind.Error).Take(MostFindings)) logger.ConfigFaulty(error.Line, error.Place, error.Text);
        foreach (var warning in warnings.Take(MostFindings)) logger.OverlayWarning(warning.Place, warning.Line, warning.Text);
        logger.OverlayInForce(overlay.Version);
    }
}
