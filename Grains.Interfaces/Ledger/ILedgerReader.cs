namespace OrleansLlm.Ledger;

/// <summary>What was stored. Rows that still wait for the database are not seen.</summary>
public interface ILedgerReader
{
    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default);

    /// <summary>The days in their order, else the dearest first.</summary>
    Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default);

    /// <summary>What each key of each user has spent on each model on each day, the days in their order.</summary>
    /// <param name="most">So many sums at most, whatever the query says.</param>
    Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default);
}

/// <summary>Which rows. What is null does not matter.</summary>
public sealed record LedgerQuery
{
    public string? RequestId { get; init; }

    public string? KeyHash { get; init; }

    public string? UserId { get; init; }

    public string? TeamId { get; init; }

    /// <summary>As the client named it.</summary>
    public string? Model { get; init; }

    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is too late.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>So many rows or sums at most. Default 1,000.</summary>
    public int Most { get; init; } = 1000;
}

public enum LedgerGrouping
{
    /// <summary>Of UTC.</summary>
    Day,
    Key,
    User,
    Team,
    Model,
}

/// <param name="Name">Of the day (<c>2026-01-31</c>), key hash, user, team or model; null: of requests that have none.</param>
/// <param name="Requests">Successes or not.</param>
/// <param name="Cost">US dollars; requests without a known price are not in it.</param>
public sealed record LedgerSum(string? Name, long Requests, long Successes, long PromptTokens, long CompletionTokens, double Cost)
{
    /// <summary>Those whose client has left, in sums of since they are counted; before that they are among the failed.</summary>
    public long Cancelled { get; init; }

    public long Failed => Requests - Successes - Cancelled;

    /// <summary>Of the successes; null: there were none.</summary>
    public double? MeanLatencyMs { get; init; }

    /// <summary>Of those that had a first token; null: none had.</summary>
    public double? MeanFirstTokenMs { get; init; }
}

/// <param name="Day">Of UTC (<c>2026-01-31</c>).</param>
/// <param name="Cost">US dollars; requests without a known price are not in it.</param>
public sealed record LedgerDay(string Day, string? KeyHash, string UserId, string Model, double Cost);
