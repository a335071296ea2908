namespace OrleansLlm.Limits;

/// <summary>Where a caller stands with its limits a minute: the <c>x-ratelimit-*</c> headers. Null: no such limit.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LimitStanding")]
public sealed record LimitStanding(
    [property: Id(0)] WindowStanding? Requests,
    [property: Id(1)] WindowStanding? Tokens,
    [property: Id(2)] BudgetStanding? Budget = null)
{
    public static LimitStanding Unlimited { get; } = new(null, null);

    /// <summary>Of several scopes that all must agree, the one with the least left is what the caller can count on.</summary>
    public LimitStanding And(LimitStanding other) => new(
        Tighter(Requests, other.Requests), Tighter(Tokens, other.Tokens), Budget?.And(other.Budget) ?? other.Budget);

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

/// <summary>Where a scope stands with its budget, in US dollars.</summary>
/// <param name="Scope">Whose budget it is, in words for the client.</param>
/// <param name="Spent">In this period; of requests that have ended.</param>
/// <param name="Max">Null: without an end.</param>
/// <param name="ResetAt">When it begins anew; null: never.</param>
/// <param name="SoftReached">The soft budget that is spent; null: none is.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.BudgetStanding")]
public sealed record BudgetStanding(
    [property: Id(0)] string Scope,
    [property: Id(1)] double Spent,
    [property: Id(2)] double? Max,
    [property: Id(3)] DateTimeOffset? ResetAt,
    [property: Id(4)] double? SoftReached)
{
    public double? Remaining => Max is { } max ? Math.Max(max - Spent, 0) : null;

    /// <summary>The one with less left; a soft budget that is spent is told in any case.</summary>
    internal BudgetStanding And(BudgetStanding? other)
    {
        if (other is null) return this;
        if (SoftReached is null != other.SoftReached is null) return SoftReached is null ? other : this;
        return (other.Remaining ?? double.MaxValue) < (Remaining ?? double.MaxValue) ? other : this;
    }
}
