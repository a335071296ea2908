using System.Buffers;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>Keeps what the gateway's own meter measures, and tells it to whoever asks. Bounded whatever clients send.</summary>
internal sealed class MetricRegistry : IMetricsText, IDisposable
{
    private readonly Lock _asking = new();
    private readonly List<MetricFamily> _families = [];
    private readonly SeriesCopies _copies = new();
    private readonly MeterListener _listener = new();

    public MetricRegistry(GatewayMetrics metrics, SeriesLimits limits)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // By reference: another gateway of the same process has a meter of the same name.
            if (!ReferenceEquals(instrument.Meter, metrics.Meter)) return;
            var family = new MetricFamily(metrics.Definitions[instrument.Name], limits);
            _families.Add(family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricFamily)state!).Measure(value, tags));
        _listener.Start();
    }

    public void Write(IBufferWriter<byte> output)
    {
        lock (_asking)
        {
            foreach (var family in _families.Where(f => f.Definition.Observed)) family.Clear();
            _listener.RecordObservableInstruments();
            var text = new ExpositionText(output);
            foreach (var family in _families)
            {
                family.CopyTo(_copies);
                text.Write(family.Definition, _copies.All);
            }

            text.Flush();
        }
    }

    public void Dispose() => _listener.Dispose();
}
