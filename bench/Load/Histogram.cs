using System.Numerics;

namespace OrleansLlm.Bench.Load;

/// <summary>Times in microseconds: exact below 2,048, within 0.1 % above. Any number of threads may add.</summary>
internal sealed class Histogram
{
    private const int Fine = 1 << Bits;
    private const int Bits = 11;
    private const int Octaves = 24;

    private readonly long[] _counts = new long[Fine + (Octaves * Fine / 2)];

    public void Add(long microseconds) => Interlocked.Increment(ref _counts[IndexOf(microseconds)]);

    public long Count => _counts.Sum();

    /// <param name="share">0.5 is the median.</param>
    /// <returns>Milliseconds; null when there is none.</returns>
    public double? Percentile(double share)
    {
        var count = Count;
        if (count == 0) return null;
        var rank = Math.Clamp((long)Math.Ceiling(count * share), 1, count);
        var at = 0;
        for (var seen = _counts[0]; seen < rank; seen += _counts[at]) at++;
        return ValueAt(at) / 1000.0;
    }

    private static int IndexOf(long value)
    {
        if (value < Fine) return (int)Math.Max(0, value);
        var octave = BitOperations.Log2((ulong)value) - Bits + 1;
        return octave > Octaves ? Fine + (Octaves * Fine / 2) - 1 : (int)(((octave - 1) * (Fine / 2)) + Fine + (value >> octave) - (Fine / 2));
    }

    /// <summary>The middle of what is counted there.</summary>
    private static double ValueAt(int index)
    {
        if (index < Fine) return index;
        var octave = ((index - Fine) / (Fine / 2)) + 1;
        long within = ((index - Fine) % (Fine / 2)) + (Fine / 2);
        return (within << octave) + ((1L << octave) / 2.0);
    }
}
