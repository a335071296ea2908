namespace OrleansLlm.Grains.Backends;

/// <summary>The ranges of what a request may ask of a queue; beyond them the nearest value counts.</summary>
internal static class QueueLimits
{
    /// <summary>A user passed over by one with the most weight is passed over at most so often more: the ratio bounds everybody's wait.</summary>
    public const double LeastWeight = 0.01;
    public const double MostWeight = 100;
    public const int LowestPriority = 255;
}
