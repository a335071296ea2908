namespace OrleansLlm.Bench.Queue;

/// <summary>Random times with a mean of one: what arrives by chance, and answers whose lengths differ by orders of magnitude.</summary>
internal sealed class Service(int seed, double sigma = 1.2)
{
    private readonly Random _random = new(seed);

    public Random Random => _random;

    /// <summary>Log-normal with mean 1.</summary>
    public double Length() => Math.Exp(sigma * Normal() - sigma * sigma / 2);

    /// <summary>Time between two arrivals of a Poisson process.</summary>
    public double Gap(double rate) => -Math.Log(1 - _random.NextDouble()) / rate;

    /// <summary>Box and Muller.</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
