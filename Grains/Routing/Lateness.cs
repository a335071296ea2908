namespace OrleansLlm.Grains.Routing;

/// <summary>When a model's first token is late: after its own 95th percentile. Pure.</summary>
internal static class Lateness
{
    /// <summary>Fewer first tokens say nothing about their tail.</summary>
    public const int FewestSamples = 20;

    /// <param name="untilKnown">What counts as late while there are too few samples; null: nothing does.</param>
    public static TimeSpan? Of(IReadOnlyCollection<TimeSpan> firstTokens, TimeSpan? untilKnown)
    {
        if (firstTokens.Count < FewestSamples) return untilKnown;
        return firstTokens.Order().ElementAt((int)Math.Ceiling(firstTokens.Count * 0.95) - 1);
    }
}
