namespace OrleansLlm.Caching;

/// <summary>How one request uses the cache: LiteLLM's <c>cache</c> field of the body, completed by the configuration.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheUse")]
public sealed record CacheUse
{
    /// <summary>Whose answers it may be given and leaves; empty: everybody's.</summary>
    [Id(0)] public required string Owner { get; init; }

    /// <summary>Divides what belongs to one owner; empty: not divided.</summary>
    [Id(1)] public string Namespace { get; init; } = "";

    /// <summary><c>no-cache</c>: a new answer is wanted; it is stored all the same.</summary>
    [Id(2)] public bool NoCache { get; init; }

    /// <summary><c>no-store</c>: its answer is not stored.</summary>
    [Id(3)] public bool NoStore { get; init; }

    /// <summary><c>ttl</c>: how long its answer is kept.</summary>
    [Id(4)] public required TimeSpan Ttl { get; init; }

    /// <summary><c>s-maxage</c>: older answers are not wanted; null: of any age.</summary>
    [Id(5)] public TimeSpan? MaxAge { get; init; }
}
