namespace OrleansLlm.Bench.Endurance;

/// <summary>A straight line through samples, by least squares.</summary>
/// <param name="PerMinute">How fast it rises.</param>
/// <param name="Error">Of that, one standard error. It takes the samples for independent, which those of a heap are not.</param>
internal sealed record Slope(double Mean, double PerMinute, double Error)
{
    public static Slope Of(IReadOnlyList<(double Minutes, double Value)> samples)
    {
        if (samples.Count < 3) return new Slope(samples.Count == 0 ? 0 : samples.Average(s => s.Value), 0, double.PositiveInfinity);
        var (x, y) = (samples.Average(s => s.Minutes), samples.Average(s => s.Value));
        var spread = samples.Sum(s => (s.Minutes - x) * (s.Minutes - x));
        var slope = samples.Sum(s => (s.Minutes - x) * (s.Value - y)) / spread;
        var rest = samples.Sum(s => Math.Pow(s.Value - y - (slope * (s.Minutes - x)), 2)) / (samples.Count - 2);
        return new Slope(y, slope, Math.Sqrt(rest / spread));
    }
}
