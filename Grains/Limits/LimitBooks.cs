using OrleansLlm.Catalog;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>
/// The books of one scope: requests and tokens of the last minute, and who runs. Decides; time is an argument. Everything goes by request
/// id and counts once.
/// </summary>
/// <param name="scope">What a refused client is told the limit is of, for instance <c>user: ada</c>.</param>
/// <param name="lease">How long a request runs on without a word.</param>
internal sealed class LimitBooks(string scope, RateLimits limits, TimeSpan lease)
{
    /// <summary>Requests that may be open at once where no limit says less: a bound for memory, far above what queues hold.</summary>
    private const int MaxOpen = 100_000;

    /// <summary>What is kept back for one answer is at most this part of the limit, and nobody is refused for its answer while so much is left.</summary>
    private const int AnswersInLimit = 4;

    /// <summary>Told where nobody knows when one of those who run will end.</summary>
    private static readonly TimeSpan ParallelWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly ParallelLeases _leases = new(lease);
    private readonly AnswerLengths _answers = new();
    private CountedWindow? _requests = WindowOf(limits.Requests);
    private CountedWindow? _tokens = WindowOf(limits.Tokens);
    private RateLimits _limits = limits;
    private TimeSpan _nextSweep;
    private bool _begun;
    private bool _mayRun;

    /// <summary>A crash now would let nobody through who should not be: what was admitted is in the store, or there is no limit to keep.</summary>
    public bool IsCovered => !_limits.AnyRate
        || (_begun && (_mayRun || _limits.Parallel is null) && _requests is not { IsCovered: false } && _tokens is not { IsCovered: false });

    /// <summary>Soon it will not be.</summary>
    public bool IsLow => _limits.AnyRate && (!_begun || _requests is { IsLow: true } || _tokens is { IsLow: true });

    public bool Knows(string requestId) => _open.ContainsKey(requestId);

    /// <summary>It was settled a short while ago: a second settlement is the first one again.</summary>
    public bool HasSettled(string requestId) => !Knows(requestId) && _leases.HasGone(requestId);

    /// <summary>It has not been heard of for the duration of a lease.</summary>
    public bool IsSilent(string requestId, TimeSpan now) => _leases.Known(now) == 0 || !_leases.IsHeld(requestId);

    public int Running(TimeSpan now) => _leases.Known(now);

    /// <summary>How long until the minute is empty.</summary>
    public TimeSpan EmptyIn(TimeSpan now)
    {
        var (requests, tokens) = (_requests?.EmptyIn(now) ?? TimeSpan.Zero, _tokens?.EmptyIn(now) ?? TimeSpan.Zero);
        return requests > tokens ? requests : tokens;
    }

    public LimitStanding Standing(TimeSpan now) => new(_requests?.Standing(now), _tokens?.Standing(now));

    /// <summary>The file has changed. What was counted stays counted.</summary>
    public void Reconfigure(RateLimits limits)
    {
        _limits = limits;
        Follow(ref _requests, limits.Requests);
        Follow(ref _tokens, limits.Tokens);
    }

    /// <summary>Takes one request, its tokens and a place among those who run, or nothing.</summary>
    public Admission Admit(LimitRequest request, TimeSpan now)
    {
        Sweep(now);
        if (_open.ContainsKey(request.RequestId))
        {
            _leases.Renew(request.RequestId, now);
            return new Admitted(Standing(now), _leases.Duration);
        }

        var tokens = request.Tokens + GuessFor(request, now);
        // A request that is started over is one of those who are presumed to run.
        var isPresumed = request.Again && _leases.Presumed(now) > 0;
        if (Refuse(request.RequestId, tokens, isPresumed, now) is { } refused) return refused;
        _requests?.Charge(1, now);
        _tokens?.Charge(tokens, now);
        if (isPresumed) _leases.Renew(request.RequestId, now);
        else _leases.Take(request.RequestId, now);
        _open[request.RequestId] = new Open(now, tokens);
        return new Admitted(Standing(now), _leases.Duration);
    }

    public void Renew(string requestId, TimeSpan now) => _leases.Renew(requestId, now);

    /// <summary>The end of a request: what it reserved and did not use comes back, what it used and had not reserved is charged.</summary>
    /// <returns>False when it was not known, or settled already.</returns>
    public bool Settle(Settlement settlement, TimeSpan now)
    {
        var ran = _leases.Release(settlement.RequestId, now);
        if (!_open.Remove(settlement.RequestId, out var open)) return ran;
        if (settlement.Withdrawn)
        {
            _requests?.Refund(1, open.At, now);
            _tokens?.Refund(open.Tokens, open.At, now);
            return true;
        }

        _answers.Saw(settlement.CompletionTokens);
        var over = settlement.PromptTokens + settlement.CompletionTokens - open.Tokens;
        if (over > 0) _tokens?.Charge(over, now);
        else _tokens?.Refund(-over, open.At, now);
        return true;
    }

    /// <summary>Fills in the bound to be stored; what it covers is told by <see cref="Stored"/> once it is.</summary>
    public Coverage Ahead(LimitState state, TimeSpan now)
    {
        var (requests, tokens) = (_requests?.Ahead(now) ?? default, _tokens?.Ahead(now) ?? default);
        // Where nobody runs it is written down, so that nobody is presumed to after a crash; the next to come waits for a write.
        state.MayRun = _limits.Parallel is not null && (_leases.Count(now) > 0 || EmptyIn(now) > TimeSpan.Zero);
        _mayRun &= state.MayRun;
        state.Open = _limits.AnyRate;
        (state.RequestsAtMost, state.TokensAtMost) = (requests.AtMost, tokens.AtMost);
        (state.Requests, state.Tokens, state.Running) = ([], [], []);
        return new Coverage(requests.Covers, tokens.Covers, state.MayRun);
    }

    public void Stored(Coverage covers)
    {
        (_begun, _mayRun) = (true, covers.MayRun);
        _requests?.Stored(covers.Requests);
        _tokens?.Stored(covers.Tokens);
    }

    /// <summary>An orderly end: the next activation goes on where this one stops.</summary>
    public void Close(LimitState state, TimeSpan now, DateTimeOffset utcNow)
    {
        state.Open = false;
        state.EndedAt = utcNow.UtcTicks;
        (state.RequestsAtMost, state.TokensAtMost) = (0, 0);
        state.Requests = _requests?.Ages(now) ?? [];
        state.Tokens = _tokens?.Ages(now) ?? [];
        state.Running = _limits.Parallel is null ? [] : [.. _leases.Holders];
        state.Presumed = _limits.Parallel is null ? 0 : _leases.Presumed(now);
    }

    /// <summary>
    /// Goes on after an earlier activation. After an orderly end its minute has only become older. After any other end all that it may have
    /// admitted counts from now, and as many may run as are allowed to: too few are let through for a minute, never too many.
    /// </summary>
    /// <param name="passed">Time since the orderly end, less what clocks may differ by.</param>
    /// <param name="runnersOutlive">Whether what ran then may still run now.</param>
    public void Recover(LimitState state, TimeSpan passed, bool runnersOutlive, TimeSpan now)
    {
        if (state.Open)
        {
            _requests?.Restore(state.RequestsAtMost, now);
            _tokens?.Restore(state.TokensAtMost, now);
            if (state.MayRun && runnersOutlive && _limits.Parallel is { } most) _leases.Presume(most, now);
            return;
        }

        Restore(_requests, state.Requests, passed, now);
        Restore(_tokens, state.Tokens, passed, now);
        if (!runnersOutlive) return;
        foreach (var id in state.Running) _leases.Take(id, now);
        _leases.Presume(state.Presumed, now);
    }

    /// <summary>
    /// What is kept back for an answer whose length nobody has bounded: as much as answers have here of late, else the caller's guess. Where enough
    /// is left for the prompt and a good part of the limit besides, never so much that the request is refused for what it has not written yet.
    /// </summary>
    private long GuessFor(LimitRequest request, TimeSpan now)
    {
        if (_tokens is null || request.GuessedTokens == 0) return 0;
        var share = _tokens.Limit / AnswersInLimit;
        var left = _tokens.Limit - _tokens.Used(now);
        var room = left >= share && left >= request.Tokens ? left : _tokens.Limit;
        return Math.Clamp(room - request.Tokens, 0, Math.Min(_answers.Expected ?? request.GuessedTokens, share));
    }

    private OverLimit? Refuse(string requestId, long tokens, bool isPresumed, TimeSpan now)
    {
        (LimitKind Kind, TimeSpan? In)? worst = null;
        if (_limits.Parallel is { } most && !isPresumed && !_leases.IsHeld(requestId) && _leases.Count(now) >= most) worst = (LimitKind.Parallel, ParallelWait);
        else if (_open.Count >= MaxOpen) worst = (LimitKind.Parallel, ParallelWait);
        Worse(LimitKind.Requests, _requests, 1);
        Worse(LimitKind.Tokens, _tokens, tokens);
        return worst is { } refusal ? Refusal(refusal.Kind, refusal.In, tokens, now) : null;

        // The limit that takes longest is the one to tell: after that time the request goes through.
        void Worse(LimitKind kind, CountedWindow? window, long amount)
        {
            if (window is null || window.Fits(amount, now)) return;
            var wait = window.FitsIn(amount, now);
            if (worst is null || wait is null || wait > worst.Value.In) worst = (kind, wait);
        }
    }

    private OverLimit Refusal(LimitKind kind, TimeSpan? wait, long tokens, TimeSpan now)
    {
        var (unit, limit, left) = kind switch
        {
            LimitKind.Requests => ("requests per minute", _requests!.Limit, _requests.Standing(now).Remaining),
            LimitKind.Tokens => ("tokens per minute", _tokens!.Limit, _tokens.Standing(now).Remaining),
            _ => ("max_parallel_requests", _limits.Parallel ?? MaxOpen, 0L),
        };
        // The first sentences are LiteLLM's: its clients look for them.
        var text = $"Rate limit exceeded for {scope}. Limit type: {unit}. Current limit: {limit}, Remaining: {left}.";
        if (wait is null) text += $" The request alone needs {tokens}: its prompt and what it lets the model write.";
        else if (kind == LimitKind.Tokens) text += $" The request needs {tokens}.";
        return new OverLimit(text, wait ?? TimeSpan.Zero, kind, Standing(now), Never: wait is null);
    }

    private static CountedWindow? WindowOf(long? limit) => limit is { } most ? new CountedWindow(most) : null;

    private static void Follow(ref CountedWindow? window, long? limit)
    {
        if (limit is not { } most) window = null;
        else if (window is null) window = new CountedWindow(most);
        else window.Limit = most;
    }

    private static void Restore(CountedWindow? window, List<long> ages, TimeSpan passed, TimeSpan now)
    {
        for (var i = 0; i + 1 < ages.Count; i += 2)
        {
            var age = TimeSpan.FromMilliseconds(ages[i]) + passed;
            if (age < Minute + Minute) window?.Restore(ages[i + 1], now - age);
        }
    }

    /// <summary>Those who neither ran on nor were settled: their inference is gone. Their minute stays as it was charged.</summary>
    private void Sweep(TimeSpan now)
    {
        if (now < _nextSweep) return;
        _nextSweep = now + Minute;
        foreach (var (id, open) in _open)
        {
            if (open.At + Minute + Minute < now && !_leases.IsHeld(id)) _open.Remove(id);
        }
    }

    /// <summary>What a stored bound covers.</summary>
    internal readonly record struct Coverage(long Requests, long Tokens, bool MayRun);

    private readonly record struct Open(TimeSpan At, long Tokens);
}
