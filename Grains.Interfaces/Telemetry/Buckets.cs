using System.Collections.Immutable;

namespace OrleansLlm.Telemetry;

/// <summary>Upper bounds of histogram buckets.</summary>
internal static class Buckets
{
    /// <summary>LiteLLM's, in seconds (types/integrations/prometheus.py): its dashboards and alerts keep their meaning.</summary>
    public static ImmutableArray<double> LiteLlmLatency { get; } =
    [
        0.005, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10,
        15, 20, 25, 30, 60, 120, 180, 240, 300,
    ];

    /// <summary>OpenTelemetry's GenAI conventions, in seconds.</summary>
    public static ImmutableArray<double> GenAiDuration { get; } = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    public static ImmutableArray<double> GenAiTokens { get; } = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    public static ImmutableArray<double> GenAiFirstToken { get; } = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    public static ImmutableArray<double> GenAiPerToken { get; } = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

    /// <summary>OpenTelemetry's HTTP conventions, in seconds, with room for an answer's length.</summary>
    public static ImmutableArray<double> Http { get; } = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300];

    /// <summary>Waits for a slot, in seconds: from nothing to the default queue timeout.</summary>
    public static ImmutableArray<double> Wait { get; } = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

    /// <summary>Ways within the cluster, in seconds.</summary>
    public static ImmutableArray<double> Lag { get; } = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
}
