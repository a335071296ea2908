using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Tests.Usage;

/// <summary>What the metrics without labels of one meter say: of a counter its sum, of a gauge what it is when it is asked for.</summary>
internal sealed class MetricValues : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _values = new(StringComparer.Ordinal);

    public MetricValues(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
            _values.AddOrUpdate(instrument.Name, value, (_, before) => instrument is Counter<double> ? before + value : value));
        _listener.Start();
    }

    /// <summary>Not a number: it has said nothing yet.</summary>
    public double this[string name]
    {
        get
        {
            _listener.RecordObservableInstruments();
            return _values.GetValueOrDefault(name, double.NaN);
        }
    }

    public void Dispose() => _listener.Dispose();
}
