using System.Collections.Concurrent;

namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>Runs cases of one rule and gathers what it breaks.</summary>
internal sealed class RuleFuzz(IRule rule, long seed)
{
    private readonly ConcurrentDictionary<string, Found> _found = new(StringComparer.Ordinal);
    private long _slowest;

    public IReadOnlyCollection<Found> Found => [.. _found.Values];

    /// <summary>Of one case.</summary>
    public TimeSpan Slowest => TimeProvider.System.GetElapsedTime(0, Interlocked.Read(ref _slowest));

    public Task RunAsync(long from, long count, int workers) => Task.WhenAll(Enumerable.Range(0, workers).Select(w => Task.Run(async () =>
    {
        for (var number = from + w; number < from + count; number += workers) await OneAsync(number);
    })));

    public async Task OneAsync(long number)
    {
        var began = TimeProvider.System.GetTimestamp();
        var one = rule.Make(new Dice(seed, number));
        var wrong = await one.Try(one.Bytes);
        var took = TimeProvider.System.GetTimestamp() - began;
        if (took > Interlocked.Read(ref _slowest)) Interlocked.Exchange(ref _slowest, took);
        if (wrong is null || _found.ContainsKey(wrong)) return;
        var smallest = await Shrink.TextAsync(one.Bytes, async bytes => await one.Try(bytes) == wrong);
        _found.TryAdd(wrong, new Found(rule.Name, number, wrong, $"{one.Title}: {Fuzz.Found.Show(smallest)}"));
    }
}
