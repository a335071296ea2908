using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Backends;

/// <summary>What a backend remembers of one deployment: its faults, what it has used of its limits, and how soon it answers. Pure.</summary>
internal sealed class DeploymentRecord(Deployment deployment)
{
    private const int MaxFirstTokens = 64;

    private readonly Queue<(TimeSpan At, TimeSpan Took)> _firstTokens = new();
    private readonly LastMinute _requests = new();
    private readonly LastMinute _tokens = new();
    private TimeSpan? _sidelinedUntil;
    private string? _fault;

    /// <summary>As configured now.</summary>
    public Deployment Deployment { get; set; } = deployment;

    public IEnumerable<TimeSpan> FirstTokens => _firstTokens.Select(f => f.Took);

    public void Sideline(TimeSpan until, string? fault)
    {
        if (_sidelinedUntil > until) return;
        _sidelinedUntil = until;
        _fault = fault;
    }

    /// <summary>Why no inference may begin now; null: one may, as far as this deployment is concerned.</summary>
    public SlotRefused? Refusal(long tokens, TimeSpan now)
    {
        if (SidelinedFor(now) is { } wait) return new SlotRefused(RefusalReason.Sidelined, wait, _fault);
        var requests = Until(_requests, 1, Deployment.RequestsPerMinute, now);
        var budget = Until(_tokens, tokens, Deployment.TokensPerMinute, now);
        var longer = requests > budget ? requests : budget;
        if (longer <= TimeSpan.Zero) return null;
        return new SlotRefused(RefusalReason.OverLimit, longer, longer == requests
            ? FormattableString.Invariant($"its limit of {Deployment.RequestsPerMinute} requests per minute is used up")
            : FormattableString.Invariant($"its limit of {Deployment.TokensPerMinute} tokens per minute is used up"));
    }

    public void Began(long tokens, TimeSpan now)
    {
        _requests.Add(1, now);
        _tokens.Add(tokens, now);
    }

    /// <summary>No inference ran after all.</summary>
    public void NeverRan(long reserved, TimeSpan began, TimeSpan now)
    {
        _requests.TakeBack(1, began, now);
        _tokens.TakeBack(reserved, began, now);
    }

    /// <summary>Less than was reserved is given back where it was reserved; what is more counts from now.</summary>
    public void Settle(long reserved, long used, TimeSpan began, TimeSpan now)
    {
        if (used <= reserved) _tokens.TakeBack(reserved - used, began, now);
        else _tokens.Add(used - reserved, now);
    }

    public void FirstTokenTook(TimeSpan took, TimeSpan now)
    {
        if (_firstTokens.Count == MaxFirstTokens) _firstTokens.Dequeue();
        _firstTokens.Enqueue((now, took));
    }

    public DeploymentSnapshot Snapshot(StrategyArguments arguments, TimeSpan now)
    {
        _requests.Advance(now);
        _tokens.Advance(now);
        return new DeploymentSnapshot
        {
            Id = Deployment.Id,
            SidelinedFor = SidelinedFor(now),
            FirstToken = Mean(arguments, now),
            RequestsLastMinute = (long)_requests.Sum,
            TokensLastMinute = (long)_tokens.Sum,
            OverLimit = Refusal(0, now) is { Reason: RefusalReason.OverLimit },
        };
    }

    private TimeSpan? SidelinedFor(TimeSpan now) => _sidelinedUntil is { } until && until > now ? until - now : null;

    private TimeSpan? Mean(StrategyArguments arguments, TimeSpan now)
    {
        var recent = _firstTokens.Where(f => now - f.At <= arguments.Ttl).TakeLast(arguments.LatencySamples).ToList();
        return recent.Count == 0 ? null : TimeSpan.FromTicks((long)recent.Average(f => f.Took.Ticks));
    }

    private static TimeSpan Until(LastMinute used, double amount, double? limit, TimeSpan now) =>
        limit is { } most ? used.Until(amount, most, now) : TimeSpan.Zero;
}
