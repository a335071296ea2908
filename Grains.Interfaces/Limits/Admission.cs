using OrleansLlm.Catalog;

namespace OrleansLlm.Limits;

/// <summary>One request asks one scope for leave.</summary>
/// <param name="Tokens">Reserved: the prompt by estimate and what the client lets the model write.</param>
/// <param name="GuessedTokens">Reserved besides for an answer whose length nobody has bounded, as far as it hinders nobody, where the scope does not know yet how long its answers are.</param>
/// <param name="Own">The numbers of a scope that has its own; null: the caller knows of none.</param>
/// <param name="Cost">Reserved of budgets, in US dollars: what it may cost at most by the same estimate, at the dearest of the deployments that may serve it.</param>
/// <param name="IsFree">Whoever serves it is known to cost nothing: no budget is asked.</param>
/// <param name="Again">An earlier attempt at the request was lost, with its silo: it may count as running already.</param>
/// <param name="Alias">By which the scope is known to people; null: it has none, or the caller knows of none.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LimitRequest")]
public sealed record LimitRequest(
    [property: Id(0)] string RequestId,
    [property: Id(1)] long Tokens,
    [property: Id(2)] long GuessedTokens,
    [property: Id(3)] bool Again = false,
    [property: Id(4)] RateLimits? Own = null,
    [property: Id(5)] double Cost = 0,
    [property: Id(6)] bool IsFree = false,
    [property: Id(35)] string? Alias = null);

[GenerateSerializer, Immutable, Alias("OrleansLlm.Admission")]
public abstract record Admission;

/// <param name="Lease">How long the request counts as running without a renewal.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Admitted")]
public sealed record Admitted(
    [property: Id(0)] LimitStanding Standing,
    [property: Id(1)] TimeSpan Lease) : Admission;

/// <summary>Refused: nothing was taken.</summary>
/// <param name="Limit">Which limit, in words for the client.</param>
/// <param name="RetryAfter">When the limit lets this request through, if nobody else comes first; zero: there is no such time.</param>
/// <param name="Never">It never will: the request alone is more than the limit.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.OverLimit")]
public sealed record OverLimit(
    [property: Id(0)] string Limit,
    [property: Id(1)] TimeSpan RetryAfter,
    [property: Id(2)] LimitKind Kind,
    [property: Id(3)] LimitStanding Standing,
    [property: Id(4)] bool Never) : Admission;

/// <summary>What a limit counts. Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.LimitKind")]
public enum LimitKind
{
    Requests = 0,
    Tokens = 1,

    /// <summary>Requests that run at the same time.</summary>
    Parallel = 2,

    /// <summary>US dollars.</summary>
    Budget = 3,
}

/// <summary>The end of one admitted request.</summary>
/// <param name="Withdrawn">It was refused elsewhere and costs nothing at all.</param>
/// <param name="Cost">US dollars; zero where no price is known.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Settlement")]
public sealed record Settlement(
    [property: Id(0)] string RequestId,
    [property: Id(1)] long PromptTokens,
    [property: Id(2)] long CompletionTokens,
    [property: Id(3)] bool Withdrawn = false,
    [property: Id(4)] double Cost = 0);
