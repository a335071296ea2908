using System.Globalization;
using OrleansLlm.Bench.Fuzz.Http;
using OrleansLlm.Bench.Fuzz.Rules;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>Every door and every answer of an upstream service, with input that is wrong in all ways that can be thought of.</summary>
internal static class FuzzStudy
{
    private const int Workers = 16;
    private const int Samples = 16;

    /// <summary>Grains in memory when nobody has asked for a while, however many cases there were: cached answers whose case asked for a long life.</summary>
    private const int MostGrainsAtRest = 100;

    /// <summary>Several attempts with timeouts of their own fit in it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <param name="cases">In all; a tenth of them goes over HTTP.</param>
    /// <param name="only">The number of the only case, or <c>doors</c> or <c>rules</c> for all cases of that kind; null: all.</param>
    /// <returns>How many findings there are.</returns>
    public static async Task<int> RunAsync(TextWriter to, long cases, long seed, string? only)
    {
        var found = new List<Found>();
        var overHttp = only switch { "doors" => cases, "rules" => 0, _ => Math.Max(1, cases / 10) };
        long? number = long.TryParse(only, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : null;
        if (overHttp > 0) found.AddRange(await DoorsAsync(to, overHttp, seed, number));
        using var requests = new RequestRule();
        using var answers = new AnswerRule();
        foreach (var rule in cases > overHttp || number is not null ? (IRule[])[requests, answers] : []) found.AddRange(await RuleAsync(to, rule, (cases - overHttp) / 2, seed, number));
        foreach (var one in found) to.WriteLine($"\n{one.Part}, case {one.Number} (bench -- fuzz 1 {seed} {one.Number}): {one.What}\n    {one.Case}");
        to.WriteLine($"{found.Count} findings");
        return found.Count;
    }

    private static async Task<IReadOnlyCollection<Found>> RuleAsync(TextWriter to, IRule rule, long count, long seed, long? only)
    {
        var fuzz = new RuleFuzz(rule, seed);
        var began = TimeProvider.System.GetTimestamp();
        if (only is { } number) await fuzz.OneAsync(number);
        else await fuzz.RunAsync(0, count, workers: 2);
        to.WriteLine(FormattableString.Invariant($"{rule.Name}: {(only is null ? count : 1)} cases in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s, slowest {fuzz.Slowest.TotalMilliseconds:F0} ms, {fuzz.Found.Count} findings"));
        return fuzz.Found;
    }

    private static async Task<IReadOnlyCollection<Found>> DoorsAsync(TextWriter to, long count, long seed, long? only)
    {
        await using var gateway = await FuzzGateway.StartAsync(Workers);
        var fuzz = new HttpFuzz(gateway.Target, new CaseMaker(seed, gateway.Target.Routes, maySilence: true), Patience);
        if (only is { } number)
        {
            await fuzz.OneAsync(number);
            return fuzz.Found;
        }

        var began = TimeProvider.System.GetTimestamp();
        var growth = new Growth();
        var run = fuzz.RunAsync(Workers, count);
        for (var sample = 1; sample < Samples && !run.IsCompleted; sample++)
        {
            while (!run.IsCompleted && fuzz.Done < count * sample / Samples) await Task.Delay(Look, TimeProvider.System);
            growth.Take(fuzz.Done, await gateway.GrainsAsync(), settle: true);
            await Console.Error.WriteLineAsync(FormattableString.Invariant($"{fuzz.Done} of {count}, {fuzz.Found.Count} findings"));
        }

        await run;
        growth.Take(fuzz.Done, await gateway.GrainsAsync(), settle: true);
        to.WriteLine(FormattableString.Invariant($"{HttpFuzz.Part}: {fuzz.Done} cases over {fuzz.Reached.Count()} of {gateway.Target.Routes.Select(r => r.Pattern).Distinct().Count()} routes in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s, {fuzz.Found.Count} findings"));
        to.WriteLine("answers by status: " + string.Join(", ", fuzz.Statuses.OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}")));
        growth.Print(to);
        var grains = await gateway.GrainsAtRestAsync(MostGrainsAtRest);
        to.WriteLine($"grains at rest: {grains} of {MostGrainsAtRest} at most");
        foreach (var (what, times) in fuzz.Times.OrderByDescending(t => t.Value)) to.WriteLine($"{times,8} × {what}");
        return grains <= MostGrainsAtRest ? fuzz.Found : [.. fuzz.Found, new Found(HttpFuzz.Part, -1, "grains are left behind", $"{grains} when nobody asks any more")];
    }
}
