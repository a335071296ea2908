using OrleansLlm.Catalog;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// Tells the other nodes of this one's configuration and hears of theirs. A node with another file, or another master key, joins all the same: which of two is the wrong one nobody knows.
/// But requests and rows go to whichever node they come to, and what the one serves the other refuses.
/// </summary>
internal sealed class ConfigurationComparison(
    IGrainFactory grains, LiveCatalog catalog, NodeName node, GatewayMetrics metrics, TimeProvider time, ILogger<ConfigurationComparison> logger) : BackgroundService
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly OtherConfigurations _others = new(Moment);
    private readonly long _start = time.GetTimestamp();
    private (string Text, NodeConfiguration Parts)? _own;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Process.OtherConfigurations.Set(0);
        while (!stoppingToken.IsCancellationRequested)
        {
            await LookAsync(stoppingToken);
            await Task.Delay(NodeConfiguration.BetweenNews, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var text = catalog.Text;
        if (_own?.Text != text) _own = (text, ConfigurationParts.Of(node.Value, text, catalog.Current.Settings));
        try
        {
            var own = _own.Value.Parts;
            var others = await grains.GetGrain<ICatalogGrain>(ICatalogGrain.Key).CompareAsync(own).WaitAsync(Patience, time, stoppingToken);
            foreach (var (other, parts) in _others.Look(own, others, time.GetElapsedTime(_start))) logger.ConfigsDiffer(other, parts);
            metrics.Process.OtherConfigurations.Set(_others.Count);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The grain is out of reach, which OverlayLost tells, or at home on a node of an older version: nothing new is known.
            logger.NotCompared(e);
        }
    }
}
