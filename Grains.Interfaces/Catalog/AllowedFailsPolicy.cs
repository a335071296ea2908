namespace OrleansLlm.Catalog;

/// <summary>
/// <c>allowed_fails_policy</c>: failures in a row by their class, LiteLLM's names; null: they count with all others towards <c>allowed_fails</c>. Those for which a request is at
/// fault (a bad request, a content policy) are no failures of a backend, in LiteLLM as well.
/// </summary>
public sealed record AllowedFailsPolicy
{
    public static AllowedFailsPolicy None { get; } = new();

    /// <summary>Keys that are refused; null: the first opens the circuit.</summary>
    public int? Authentication { get; init; }

    public int? Timeout { get; init; }

    /// <summary>Null: one with a time to wait sidelines its deployment at once, one without counts with all others.</summary>
    public int? RateLimit { get; init; }

    /// <summary>Of all the others, but for those that could not be reached.</summary>
    public int? InternalServer { get; init; }
}
