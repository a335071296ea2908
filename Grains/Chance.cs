namespace OrleansLlm.Grains;

/// <summary>The one source of chance. A seed makes a run repeatable; without one it differs from run to run.</summary>
public sealed class Chance(int? seed = null)
{
    private readonly Lock _gate = new();
    private readonly Random _random = seed is { } s ? new Random(s) : new Random();

    /// <summary>A generator of its own for one single-threaded user, such as a grain activation.</summary>
    public Random NewRandom()
    {
        lock (_gate) return new Random(_random.Next());
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble()
    {
        lock (_gate) return _random.NextDouble();
    }
}
