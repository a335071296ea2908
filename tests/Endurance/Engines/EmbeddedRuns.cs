using OrleansLlm.Bench.Endurance;

namespace OrleansLlm.Tests.Endurance;

/// <summary>How long, and through what, the engine under the tests goes. One of two files; see Endurance.csproj.</summary>
internal static class Runs
{
    public static readonly TimeSpan Soak = TimeSpan.FromMinutes(3);

    public static readonly ChaosKind[] Chaos = ChaosPlan.Everything;

    /// <summary>Whether idle grains leave as configured, whatever their class says of itself.</summary>
    public const bool IdleGrainsLeaveAsConfigured = true;
}
