using OrleansLlm.Bench.Endurance;

namespace OrleansLlm.Tests.Endurance;

/// <summary>How long, and through what, the engine under the tests goes. One of two files; see Endurance.csproj.</summary>
internal static class Runs
{
    public static readonly TimeSpan Soak = TimeSpan.FromMinutes(1);

    /// <summary>Without a Redis its state is in its memory; what becomes of it with one is the clusters' tests'.</summary>
    public static readonly ChaosKind[] Chaos = ChaosPlan.WithoutStore;

    /// <summary>Whether idle grains leave as configured, whatever their class says of itself.</summary>
    public const bool IdleGrainsLeaveAsConfigured = false;
}
