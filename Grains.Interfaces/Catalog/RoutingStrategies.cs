using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>The routing strategies that exist; LiteLLM's names but for the last.</summary>
public static class RoutingStrategies
{
    public const string SimpleShuffle = "simple-shuffle";
    public const string LeastBusy = "least-busy";
    public const string Latency = "latency-based-routing";
    public const string Usage = "usage-based-routing";
    public const string UsageV2 = "usage-based-routing-v2";
    public const string Cost = "cost-based-routing";

    /// <summary>The deployments in the order of the file, the next one only when those before it have failed or refused.</summary>
    public const string SimpleFallback = "simple-fallback";

    public static ImmutableArray<string> All { get; } = [SimpleShuffle, LeastBusy, Latency, Usage, UsageV2, Cost, SimpleFallback];
}

/// <summary><c>routing_strategy_args</c>; they concern latency-based routing.</summary>
public sealed record StrategyArguments
{
    /// <summary>Older first tokens are forgotten (<c>ttl</c>). Default 1 h.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Deployments this share above the fastest count as equally fast (<c>lowest_latency_buffer</c>). Default 0.</summary>
    public double LatencyBuffer { get; init; }

    /// <summary>How many first tokens the mean is of (<c>max_latency_list_size</c>). Default 10.</summary>
    public int LatencySamples { get; init; } = 10;
}
