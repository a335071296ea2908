using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>What a backend remembers of one deployment: its faults, what it has used of its limits, and how soon it answers. Pure.</summary>
internal sealed class DeploymentRecord
{
    private const int MaxFirstTokens = 64;

    private readonly Queue<(TimeSpan At, TimeSpan Took)> _firstTokens = new();
    private readonly SlidingWindow _requests = new(long.MaxValue);
    private readonly SlidingWindow _tokens = new(long.MaxValue);
    private readonly RefusedModels _refused = new();
    private TimeSpan? _awayUntil;
    private InferenceKind? _servedLast;
    private string? _fault;
    private bool _isRateLimited;
    private int _rateLimits;

    public DeploymentRecord(Deployment deployment) => Configure(deployment);

    /// <summary>As configured now.</summary>
    public Deployment Deployment { get; private set; } = null!;

    /// <summary>For those who watch and for routing: not what it refuses of the many models of a wildcard. Null: it has no fault of its own that is known.</summary>
    public TimeSpan? SidelinedUntil { get; private set; }

    public IEnumerable<TimeSpan> FirstTokens => _firstTokens.Select(f => f.Took);

    /// <summary>What is known stays known.</summary>
    public void Configure(Deployment deployment)
    {
        Deployment = deployment;
        _requests.Limit = Limit(deployment.RequestsPerMinute);
        _tokens.Limit = Limit(deployment.TokensPerMinute);
    }

    /// <summary>Nobody may use it, whatever is asked of it.</summary>
    public void Sideline(TimeSpan until, string? fault, bool isRateLimited)
    {
        if (_awayUntil > until) return;
        _awayUntil = until;
        _fault = fault;
        _isRateLimited = isRateLimited;
        Show(until);
    }

    /// <summary>It does not have this model, or not for this operation.</summary>
    public void Lacks(string model, InferenceKind kind, TimeSpan until, string? fault, TimeSpan now)
    {
        _refused.Add(model, kind, until, fault, now);
        // What it has served is not missing: somebody has asked a chat model for embeddings.
        if (!Deployment.Model.Contains('*') && (_servedLast ?? kind) == kind) Show(until);
    }

    public void Served(InferenceKind kind) => (_servedLast, _rateLimits) = (kind, 0);

    /// <summary>It is rate limited once more.</summary>
    /// <param name="allowed">So many in a row are one too many; null: the first.</param>
    public bool IsOneTooMany(int? allowed)
    {
        if (++_rateLimits < allowed) return false;
        _rateLimits = 0;
        return true;
    }

    public void ForgetFault()
    {
        SidelinedUntil = null;
        _awayUntil = null;
        _refused.Clear();
    }

    /// <summary>Why no inference may begin now; null: one may, as far as this deployment is concerned.</summary>
    public SlotRefused? Refusal(SlotRequest request, TimeSpan now)
    {
        if (_awayUntil - now is { } wait && wait > TimeSpan.Zero) return new SlotRefused(RefusalReason.Sidelined, wait) { Detail = _fault, RateLimited = _isRateLimited };
        if (_refused.Refusal(request, now) is { } refused) return refused;
        var tokens = request.TokensEstimated;
        if (!_requests.Fits(1, now)) return OverLimit(_requests, 1, "requests", now);
        return _tokens.Fits(tokens, now) ? null : OverLimit(_tokens, tokens, "tokens", now);
    }

    public void Began(long tokens, TimeSpan now)
    {
        _requests.Charge(1, now);
        _tokens.Charge(tokens, now);
    }

    /// <summary>No inference ran after all.</summary>
    public void NeverRan(long reserved, TimeSpan began, TimeSpan now)
    {
        _requests.Refund(1, began, now);
        _tokens.Refund(reserved, began, now);
    }

    /// <summary>Less than was reserved is given back where it was reserved; what is more counts from now.</summary>
    public void Settle(long reserved, long used, TimeSpan began, TimeSpan now)
    {
        if (used < reserved) _tokens.Refund(reserved - used, began, now);
        else _tokens.Charge(used - reserved, now);
    }

    public void FirstTokenTook(TimeSpan took, TimeSpan now)
    {
        if (_firstTokens.Count == MaxFirstTokens) _firstTokens.Dequeue();
        _firstTokens.Enqueue((now, took));
    }

    public DeploymentSnapshot Snapshot(StrategyArguments arguments, TimeSpan now) => new()
    {
        Id = Deployment.Id,
        SidelinedFor = SidelinedFor(now),
        FirstToken = Mean(arguments, now),
        RequestsLastMinute = _requests.Used(now),
        TokensLastMinute = _tokens.Used(now),
        OverLimit = !_requests.Fits(1, now) || !_tokens.Fits(1, now),
    };

    private void Show(TimeSpan until)
    {
        if (!(SidelinedUntil > until)) SidelinedUntil = until;
    }

    private TimeSpan? SidelinedFor(TimeSpan now) => SidelinedUntil is { } until && until > now ? until - now : null;

    private TimeSpan? Mean(StrategyArguments arguments, TimeSpan now)
    {
        var recent = _firstTokens.Where(f => now - f.At <= arguments.Ttl).TakeLast(arguments.LatencySamples).ToList();
        return recent.Count == 0 ? null : TimeSpan.FromTicks((long)recent.Average(f => f.Took.Ticks));
    }

    private static SlotRefused OverLimit(SlidingWindow window, long amount, string units, TimeSpan now)
    {
        var wait = window.FitsIn(amount, now);
        var detail = wait is null
            ? $"the request may take {amount} {units}, and the deployment's limit is {window.Limit} per minute"
            : $"the deployment's limit of {window.Limit} {units} per minute is used up";
        return new SlotRefused(RefusalReason.OverLimit, wait) { Detail = detail };
    }

    private static long Limit(double? perMinute) => perMinute is { } limit ? (long)limit : long.MaxValue;
}
