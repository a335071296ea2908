namespace OrleansLlm.Catalog;

/// <summary>What one scope may spend, in US dollars.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Budget")]
public sealed record Budget
{
    /// <summary><c>max_budget</c>: once so much is spent nothing more is admitted; null: no end.</summary>
    [Id(0)] public double? Max { get; init; }

    /// <summary><c>budget_duration</c>: how long until it begins anew, see <see cref="BudgetPeriods"/>; null: never.</summary>
    [Id(1)] public string? Duration { get; init; }

    /// <summary><c>soft_budget</c>: once so much is spent it is said, and nothing is refused; null: it is not.</summary>
    [Id(2)] public double? Soft { get; init; }

    /// <summary>This one, and where it says nothing, the other one: a maximum goes with its period.</summary>
    public Budget Over(Budget? other) => other is null ? this : new Budget
    {
        Max = Max ?? other.Max,
        Duration = Max is null && other.Max is not null ? other.Duration : Duration,
        Soft = Soft ?? other.Soft,
    };

    /// <returns>Null: neither a maximum nor a soft one, so there is none.</returns>
    public static Budget? Of(double? max, string? duration, double? soft) =>
        max is null && soft is null ? null : new Budget { Max = max, Duration = duration, Soft = soft };
}
