namespace OrleansLlm.Bench.Fuzz;

/// <summary>Chance that is the same again for the same seed and number, on every machine (SplitMix64).</summary>
internal sealed class Dice(long seed, long number, long purpose = 0)
{
    private ulong _state = Mixed((ulong)seed + Mixed((ulong)number + Mixed((ulong)purpose + 1)));

    /// <returns>0 to <paramref name="bound"/> - 1.</returns>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool OneIn(int odds) => Below(odds) == 0;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)Next();
        return bytes;
    }

    public ulong Next() => Mixed(_state += 0x9E3779B97F4A7C15);

    private static ulong Mixed(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
