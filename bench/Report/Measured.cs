using OrleansLlm.Bench.Load;

namespace OrleansLlm.Bench.Report;

/// <summary>What one round has seen of one target.</summary>
internal sealed class Measured(IReadOnlyDictionary<string, int>? failures = null)
{
    private readonly Dictionary<string, double> _figures = [];

    public IReadOnlyDictionary<string, double> Figures => _figures;

    public IReadOnlyDictionary<string, int> Failures { get; } = failures ?? new Dictionary<string, int>();

    /// <summary>A figure that there is none of (nothing answered, nobody knows) is left out.</summary>
    public void Set(Figure figure, double? value)
    {
        if (value is { } number && double.IsFinite(number)) _figures[figure.Name] = Math.Round(number, 4);
    }

    public void Set(Figure[] percentiles, Histogram times)
    {
        foreach (var (figure, share) in percentiles.Zip((double[])[0.5, 0.95, 0.99])) Set(figure, times.Percentile(share));
    }

    /// <summary>What it adds to the direct way, and its CPU beside nginx's: both measured in the same round as it was.</summary>
    public void Compare(Measured direct, Measured? nginx)
    {
        foreach (var (added, figure) in Figure.AddedLatency.Zip(Figure.Latency).Concat(Figure.AddedFirstToken.Zip(Figure.FirstToken)))
        {
            if (Value(figure) is { } its && direct.Value(figure) is { } without) Set(added, its - without);
        }

        foreach (var figure in (Figure[])[Figure.CpuPerRequest, Figure.CpuPerChunk])
        {
            if (Value(figure) is { } its && nginx?.Value(figure) is { } floor) Set(Figure.CpuByNginx, its / floor);
        }
    }

    private double? Value(Figure figure) => _figures.TryGetValue(figure.Name, out var value) ? value : null;
}
