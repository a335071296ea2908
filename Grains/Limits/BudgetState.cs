namespace OrleansLlm.Grains.Limits;

/// <summary>What a scope has spent, over restarts.</summary>
[GenerateSerializer, Alias("OrleansLlm.BudgetState")]
public sealed class BudgetState
{
    /// <summary>US dollars, in this period, of requests that have ended.</summary>
    [Id(0)] public double Spent { get; set; }

    /// <summary>When the period ends, in UTC ticks; 0: never.</summary>
    [Id(1)] public long EndsAt { get; set; }

    /// <summary>The <c>budget_duration</c> that this end is of.</summary>
    [Id(2)] public string? Duration { get; set; }

    /// <summary>The soft budget that was told of as spent in this period; null: none.</summary>
    [Id(3)] public double? Told { get; set; }

    /// <summary>There is, or was, a budget: what was spent before the first one counts against none.</summary>
    [Id(60)] public bool Begun { get; set; }
}
