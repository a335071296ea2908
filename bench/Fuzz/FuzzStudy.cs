using OrleansLlm.Bench.Fuzz.Rules;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>Every door and every answer of an upstream service, with input that is wrong in all ways that can be thought of.</summary>
internal static class FuzzStudy
{
    /// <param name="cases">In all; a tenth of them go over HTTP.</param>
    /// <param name="only">The number of the only case; null: all.</param>
    public static async Task<int> RunAsync(TextWriter to, long cases, long seed, long? only)
    {
        using var requests = new RequestRule();
        using var answers = new AnswerRule();
        var found = new List<Found>();
        foreach (var rule in (IRule[])[requests, answers])
        {
            var fuzz = new RuleFuzz(rule, seed);
            var count = cases * 45 / 100;
            var began = TimeProvider.System.GetTimestamp();
            if (only is { } number) await fuzz.OneAsync(number);
            else await fuzz.RunAsync(0, count, workers: 2);
            to.WriteLine(FormattableString.Invariant($"{rule.Name}: {(only is null ? count : 1)} cases in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s, slowest {fuzz.Slowest.TotalMilliseconds:F0} ms, {fuzz.Found.Count} findings"));
            found.AddRange(fuzz.Found);
        }

        foreach (var one in found) to.WriteLine($"\n{one.Part}, case {one.Number} (bench -- fuzz 1 {seed} {one.Number}): {one.What}\n    {one.Case}");
        return found.Count;
    }
}
