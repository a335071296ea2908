using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.queue</c>, and <c>router_settings.default_priority</c>.</summary>
public sealed record QueueOptions
{
    /// <summary>Of requests and users that say none. Default 0, the highest: whoever can wait says so.</summary>
    public int DefaultPriority { get; init; }

    /// <summary>Whether a client that waits for a stream is told its position in comments of the stream. Default false.</summary>
    public bool Comments { get; init; }

    /// <summary>By the user grain's key.</summary>
    public ImmutableDictionary<string, UserQueueOptions> Users { get; init; } = ImmutableDictionary<string, UserQueueOptions>.Empty;
}

/// <summary>What one user gets in every queue.</summary>
/// <param name="Weight">Share of the slots relative to other users', 0.01 to 100. Default 1.</param>
/// <param name="Priority">Of requests that say none; null: the default for everybody.</param>
public sealed record UserQueueOptions(double Weight, int? Priority);
