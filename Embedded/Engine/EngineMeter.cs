using System.Diagnostics.Metrics;

namespace Orleans.Embedded;

/// <summary>What Orleans measures under these names, as far as it is asked for here.</summary>
internal sealed class EngineMeter : IDisposable
{
    private readonly Meter _meter = new("Microsoft.Orleans");

    public EngineMeter(GrainEngine engine) => _meter.CreateObservableGauge("orleans-catalog-activations", () => engine.Activations.Count());

    public void Dispose() => _meter.Dispose();
}
