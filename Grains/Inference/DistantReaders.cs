using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The inferences of this process that are read from another one, by an enumeration. The engine itself gives such a reader up within a minute; a front end says that it is there
/// every few seconds, whether it waits for its inference or for a slow client, so that one which is silent for longer has died or stands still, and its slot is another's.
/// </summary>
internal sealed class DistantReaders : IDisposable
{
    /// <summary>
    /// Ticks, not time: a process that has stood still itself has missed one. Whoever was not heard for so many is gone.
    /// </summary>
    public const int MaxQuietTicks = 5;

    private static readonly TimeSpan LeastSilence = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<DistantReader, byte> _open = new();
    private readonly IGrainFactory _grains;
    private readonly ILogger<DistantReaders> _logger;
    private readonly TimeSpan _silence;
    private readonly ITimer? _timer;

    public DistantReaders(IGrainFactory grains, HostTraits host, ICatalog catalog, TimeProvider time, ILogger<DistantReaders> logger)
    {
        (_grains, _logger, _silence) = (grains, logger, SilenceOf(catalog.Current.Settings.Cluster));
        // Where there is one process, a reader dies with its inference.
        if (!host.HoldersOutliveBackends) return;
        var period = _silence / MaxQuietTicks;
        _timer = time.CreateTimer(static readers => ((DistantReaders)readers!).Look(), this, period, period);
    }

    /// <summary>As for a silo that stands still, the length of some probes; not so short that a busy machine could take it for a death.</summary>
    public static TimeSpan SilenceOf(ClusterSettings cluster) => cluster.ProbeInterval * 10 is var probes && probes > LeastSilence ? probes : LeastSilence;

    /// <returns>Null: readers are not elsewhere.</returns>
    public DistantReader? Watch(string inference, IAsyncEnumerable<InferenceEvent> events) => _timer is null ? null : new DistantReader(this, inference, events);

    public void Add(DistantReader reader) => _open.TryAdd(reader, 0);

    public void Remove(DistantReader reader) => _open.TryRemove(reader, out _);

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        foreach (var (reader, _) in _open)
        {
            if (reader.QuietTick() > MaxQuietTicks && _open.TryRemove(reader, out _)) _ = EndAsync(reader.Inference);
        }
    }

    /// <summary>By calls, so that it happens in a turn of the grain.</summary>
    private async Task EndAsync(string id)
    {
        _logger.ReaderLost(id, _silence.TotalSeconds);
        try
        {
            var inference = _grains.GetGrain<IInferenceGrain>(id);
            await inference.CancelAsync();
            await inference.CloseAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The engine gives its reader up as well, later.
            _logger.ReaderNotGivenUp(id, e);
        }
    }
}
