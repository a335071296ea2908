using OrleansLlm.Bench.Endurance;

namespace OrleansLlm.Tests.Endurance;

/// <summary>How long, and through what, the engine under the tests goes. One of two files; see Endurance.csproj.</summary>
internal static class Runs
{
    public static readonly TimeSpan Soak = TimeSpan.FromMinutes(3);

    public static readonly ChaosKind[] Chaos = ChaosPlan.Everything;

    /// <summary>Whether a gateway in this process goes by the clock that it is given.</summary>
    public const bool TakesItsClock = true;
}
