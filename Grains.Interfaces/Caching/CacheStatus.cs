namespace OrleansLlm.Caching;

/// <summary>Where an answer came from. Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.CacheStatus")]
public enum CacheStatus
{
    /// <summary>The cache was not asked.</summary>
    None = 0,

    /// <summary>An inference of its own.</summary>
    Miss = 1,

    /// <summary>A stored answer.</summary>
    Hit = 2,

    /// <summary>The inference of an identical request that was already running.</summary>
    Joined = 3,
}
