namespace OrleansLlm.Catalog;

/// <summary>What one scope may use. Null: as much as it likes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.RateLimits")]
public sealed record RateLimits
{
    /// <remarks>A new one each time: a deserializer that fills what it finds in a property must not fill everybody's.</remarks>
    public static RateLimits None => new();

    /// <summary><c>rpm</c>: requests in any 60 s.</summary>
    [Id(0)] public long? Requests { get; init; }

    /// <summary><c>tpm</c>: tokens, of prompts and answers, in any 60 s.</summary>
    [Id(1)] public long? Tokens { get; init; }

    /// <summary><c>max_parallel_requests</c>: requests that run or wait at the same time.</summary>
    [Id(2)] public int? Parallel { get; init; }

    /// <summary><c>max_budget</c>, <c>budget_duration</c> and <c>soft_budget</c>; null: it may spend what it likes.</summary>
    [Id(3)] public Budget? Budget { get; init; }

    /// <summary>Whether a minute or those who run are limited, whatever may be spent.</summary>
    public bool AnyRate => Requests is not null || Tokens is not null || Parallel is not null;

    public bool Any => AnyRate || Budget is not null;

    /// <summary>These, and where they say nothing, the other ones.</summary>
    public RateLimits Over(RateLimits other) => new()
    {
        Requests = Requests ?? other.Requests,
        Tokens = Tokens ?? other.Tokens,
        Parallel = Parallel ?? other.Parallel,
        Budget = Budget?.Over(other.Budget) ?? other.Budget,
    };
}
