using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Limits;

/// <summary>
/// What a scope remembers of its minute. While its activation lives, no more than an upper bound that lies a block ahead of what was
/// admitted; at an orderly end, the minute itself.
/// </summary>
[GenerateSerializer, Alias("OrleansLlm.LimitState")]
public sealed class LimitState
{
    /// <summary>An activation is at work, or ended without saying so.</summary>
    [Id(0)] public bool Open { get; set; }

    /// <summary>No more requests than this can have been admitted in the minute before an end that was not orderly.</summary>
    [Id(1)] public long RequestsAtMost { get; set; }

    /// <summary>Likewise tokens.</summary>
    [Id(2)] public long TokensAtMost { get; set; }

    /// <summary>When an orderly end was, in UTC ticks.</summary>
    [Id(3)] public long EndedAt { get; set; }

    /// <summary>The window of requests at an orderly end: age in milliseconds, amount, age, amount …</summary>
    [Id(4)] public List<long> Requests { get; set; } = [];

    /// <summary>Likewise of tokens.</summary>
    [Id(5)] public List<long> Tokens { get; set; } = [];

    /// <summary>Requests that ran at an orderly end.</summary>
    [Id(6)] public List<string> Running { get; set; } = [];

    /// <summary>How many more may have run then, of whom nothing was known yet.</summary>
    [Id(7)] public int Presumed { get; set; }

    /// <summary>Some may have run at an end that was not orderly.</summary>
    [Id(8)] public bool MayRun { get; set; }

    /// <summary>The numbers that the scope was last told to be its own; null: it has what is configured.</summary>
    [Id(9)] public RateLimits? Own { get; set; }

    /// <summary>What was spent, in this period.</summary>
    [Id(10)] public BudgetState Budget { get; set; } = new();

    /// <summary>The day, counted from the year 1, on which it was last used and listed.</summary>
    [Id(11)] public int SeenOn { get; set; }

    /// <summary>The scope that has taken this one's place; null: none.</summary>
    [Id(12)] public string? Successor { get; set; }
}
