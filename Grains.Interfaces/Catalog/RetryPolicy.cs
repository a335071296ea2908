namespace OrleansLlm.Catalog;

/// <summary><c>retry_policy</c>: retries by the class of the failure, LiteLLM's names; null: <c>num_retries</c> holds.</summary>
public sealed record RetryPolicy
{
    public int? BadRequest { get; init; }

    public int? Authentication { get; init; }

    public int? Timeout { get; init; }

    public int? RateLimit { get; init; }

    public int? ContentPolicy { get; init; }

    public int? InternalServer { get; init; }

    /// <summary>This policy where it says something, else the other.</summary>
    public RetryPolicy Over(RetryPolicy other) => new()
    {
        BadRequest = BadRequest ?? other.BadRequest,
        Authentication = Authentication ?? other.Authentication,
        Timeout = Timeout ?? other.Timeout,
        RateLimit = RateLimit ?? other.RateLimit,
        ContentPolicy = ContentPolicy ?? other.ContentPolicy,
        InternalServer = InternalServer ?? other.InternalServer,
    };
}
