using System.Globalization;
using OrleansLlm.Catalog;
using OrleansLlm.Limits;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Limits;

/// <summary>
/// What one scope has spent, and what those who run may still cost. Decides; time is an argument (UTC: periods are the calendar's). A
/// request is admitted while spent and reserved together are less than the budget, so that those who run at once cannot overspend by more
/// than the last of them (docs/adr/0014-budgets.md).
/// </summary>
/// <param name="scope">What a refused client is told the budget is of.</param>
/// <param name="state">What was stored; kept up to date here, written by the owner.</param>
internal sealed class BudgetBook(string scope, BudgetState state)
{
    /// <summary>Told where what is missing may come back any moment, because those who run have reserved it.</summary>
    private static readonly TimeSpan ReservedWait = TimeSpan.FromSeconds(1);

    /// <summary>How far the clocks of two silos may be apart without one of them being taken for wrong.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, double> _reserved = new(StringComparer.Ordinal);
    private Budget? _budget;
    private double _reservedInAll;

    public bool Exists => _budget is not null;

    /// <summary>By those who run.</summary>
    public double Reserved => _reservedInAll;

    /// <summary>There is a budget, or another one, or none any more. What was spent stays spent.</summary>
    /// <param name="isTakenBack">There is none because an administrator says so, and not because nobody speaks of it.</param>
    /// <returns>Whether what has to be stored has changed.</returns>
    public bool Reconfigure(Budget? budget, DateTimeOffset now, bool isTakenBack = false)
    {
        _budget = budget;
        var changed = Turn(now);
        var begun = budget is not null || (state.Begun && !isTakenBack);
        if (state.Begun != begun) (state.Begun, changed) = (begun, true);
        if (budget is null || state.Duration == budget.Duration) return changed;
        state.Duration = budget.Duration;
        state.EndsAt = EndAfter(now);
        return true;
    }

    /// <returns>Why the request may not be admitted; null: it may.</returns>
    public OverLimit? Refuse(LimitRequest request, DateTimeOffset now)
    {
        if (_budget?.Max is not { } max || request.IsFree) return null;
        Turn(now);
        if (state.Spent + Reserved < max) return null;
        // The first sentence is LiteLLM's: its clients look for it.
        var text = $"Budget has been exceeded! Current cost: {Dollars(state.Spent)}, Max budget: {Dollars(max)}. This is the budget of {scope}; ";
        if (state.Spent < max) return Over($"{text}requests that run have reserved {Dollars(Reserved)} of it.", ReservedWait, never: false);
        return End is { } end
            ? Over($"{text}it is reset at {end.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}.", end - now, never: true)
            : Over($"{text}it is not reset by itself.", TimeSpan.Zero, never: true);

        OverLimit Over(string why, TimeSpan wait, bool never) => new(why, wait, LimitKind.Budget, new LimitStanding(null, null, Standing(now)), never);
    }

    /// <summary>Admitted: what it may cost is kept back until it has ended.</summary>
    public void Reserve(LimitRequest request)
    {
        if (_budget is null) return;
        Unreserve(request.RequestId);
        _reserved[request.RequestId] = request.Cost;
        _reservedInAll += request.Cost;
    }

    /// <summary>The end of a request. It is counted from when a budget is set, also while nobody speaks of the budget.</summary>
    /// <returns>Whether what has to be stored has changed.</returns>
    public bool Settle(string requestId, double cost, DateTimeOffset now)
    {
        Unreserve(requestId);
        var changed = Turn(now);
        if (!state.Begun || !(cost > 0) || double.IsInfinity(cost)) return changed;
        state.Spent += cost;
        return true;
    }

    /// <summary>Those who neither run nor were settled: their inference is gone, and what they have cost with it.</summary>
    public void Release(Func<string, bool> isGone)
    {
        foreach (var id in _reserved.Keys)
        {
            if (isGone(id)) Unreserve(id);
        }
    }

    /// <summary>As an administrator says.</summary>
    public void Set(double spent)
    {
        state.Spent = spent;
        state.Told = null;
    }

    /// <returns>True once a period, when the soft budget has been spent.</returns>
    public bool TakeWarning()
    {
        if (_budget?.Soft is not { } soft || state.Spent < soft || state.Told == soft) return false;
        state.Told = soft;
        return true;
    }

    /// <summary>For whoever looks later; null: there is nothing that it may not spend.</summary>
    public BudgetReading? Reading => _budget?.Max is { } max ? new BudgetReading(state.Spent, max, End, state.Duration) : null;

    public BudgetStanding Standing(DateTimeOffset now)
    {
        Turn(now);
        var soft = _budget?.Soft is { } warned && state.Spent >= warned ? warned : (double?)null;
        return new BudgetStanding(scope, state.Spent, _budget?.Max, End, soft);
    }

    private DateTimeOffset? End => _budget is not null && state.EndsAt > 0 ? new DateTimeOffset(state.EndsAt, TimeSpan.Zero) : null;

    private void Unreserve(string requestId)
    {
        if (!_reserved.Remove(requestId, out var cost)) return;
        // Sums of fractions drift: with nobody running there is nothing reserved.
        _reservedInAll = _reserved.Count == 0 ? 0 : _reservedInAll - cost;
    }

    /// <summary>A period that is over takes what was spent in it along.</summary>
    private bool Turn(DateTimeOffset now)
    {
        if (state.EndsAt == 0) return false;
        if (now.UtcTicks < state.EndsAt) return BringBack(now);
        (state.Spent, state.Told) = (0, null);
        state.EndsAt = EndAfter(now);
        return true;
    }

    /// <summary>
    /// No period that has begun ends later than one that begins now: where this one does, the clock was ahead when it began. What was spent stays spent until
    /// the end that the period has by the clock as it is.
    /// </summary>
    private bool BringBack(DateTimeOffset now)
    {
        if (state.EndsAt <= EndAfter(now + ClockDifference)) return false;
        state.EndsAt = EndAfter(now);
        return true;
    }

    private long EndAfter(DateTimeOffset now) => state.Duration is { } duration ? BudgetPeriods.EndAfter(now, duration)?.UtcTicks ?? 0 : 0;

    private static string Dollars(double amount) => amount.ToString("0.############", CultureInfo.InvariantCulture);
}
