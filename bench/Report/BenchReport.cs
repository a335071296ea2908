using System.Text.Json;

namespace OrleansLlm.Bench.Report;

/// <summary>A run, as its JSON says it.</summary>
internal sealed record BenchReport(int Version, MachineFacts Machine, RunFacts Run, List<CellReport> Cells)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <exception cref="InvalidDataException">No report.</exception>
    public static BenchReport Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchReport>(File.ReadAllText(path), Json) is { Version: 1, Cells: not null } report ? report : throw new InvalidDataException($"{path} is no report of this bench.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is no report of this bench: {e.Message}");
        }
    }
}

/// <summary>What ran and how. No path and no name of a machine.</summary>
/// <param name="Began">UTC.</param>
/// <param name="Commit">With a + for changes that were not committed; null outside of a checkout.</param>
/// <param name="Environment">What the gateway's environment was given besides.</param>
internal sealed record RunFacts(
    DateTimeOffset Began, string? Commit, string Engine, bool ReadyToRun, string Upstream, int Rounds, double SecondsPerRound, string? Nginx, IReadOnlyList<string> Environment, bool Native = false);

/// <summary>One load.</summary>
internal sealed record CellReport(string Scenario, string Cell, List<TargetReport> Targets);

/// <param name="Figures">Medians of the rounds.</param>
/// <param name="Rounds">Each figure, round by round.</param>
/// <param name="Failures">What went wrong and how often, in all rounds.</param>
internal sealed record TargetReport(string Target, SortedDictionary<string, double> Figures, SortedDictionary<string, double[]> Rounds, SortedDictionary<string, int> Failures)
{
    public static TargetReport Of(string target, IReadOnlyList<Measured> rounds)
    {
        var values = new SortedDictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var name in rounds.SelectMany(r => r.Figures.Keys).Distinct()) values[name] = [.. rounds.Where(r => r.Figures.ContainsKey(name)).Select(r => r.Figures[name])];
        var failures = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (what, count) in rounds.SelectMany(r => r.Failures)) failures[what] = failures.GetValueOrDefault(what) + count;
        var medians = new SortedDictionary<string, double>(values.ToDictionary(v => v.Key, v => v.Key == Figure.Errors.Name ? v.Value.Sum() : Median(v.Value)), StringComparer.Ordinal);
        return new TargetReport(target, medians, values, failures);
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return Math.Round((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, 4);
    }
}
