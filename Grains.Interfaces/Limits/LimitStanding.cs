namespace OrleansLlm.Limits;

/// <summary>Where a caller stands with its limits a minute: the <c>x-ratelimit-*</c> headers. Null: no such limit.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LimitStanding")]
public sealed record LimitStanding(
    [property: Id(0)] WindowStanding? Requests,
    [property: Id(1)] WindowStanding? Tokens)
{
    public static LimitStanding Unlimited { get; } = new(null, null);

    /// <summary>Of several scopes that all must agree, the one with the least left is what the caller can count on.</summary>
    public LimitStanding And(LimitStanding other) => new(Tighter(Requests, other.Requests), Tighter(Tokens, other.Tokens));

    private static WindowStanding? Tighter(WindowStanding? one, WindowStanding? other) =>
        one is null || other?.Remaining < one.Remaining ? other : one;
}

/// <param name="Remaining">What is left now, this request counted.</param>
/// <param name="Reset">How long until all of it is, if nothing more is taken.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.WindowStanding")]
public sealed record WindowStanding(
    [property: Id(0)] long Limit,
    [property: Id(1)] long Remaining,
    [property: Id(2)] TimeSpan Reset);
