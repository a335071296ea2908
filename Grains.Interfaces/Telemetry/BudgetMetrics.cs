using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry;

/// <summary>Budgets of keys, teams and users, as the grains that keep them see them. Worked out when somebody looks.</summary>
public sealed class BudgetMetrics
{
    /// <summary>Budgets of one kind that one process shows; those that come later are shown when one of these has gone.</summary>
    public const int MostShown = 200;

    private static readonly string[] Key = ["hashed_api_key", "api_key_alias"];
    private static readonly string[] Team = ["team", "team_alias"];
    private static readonly string[] User = ["user"];

    private readonly ConcurrentDictionary<BudgetGauge, BudgetKind> _shown = new();
    private readonly int[] _count = new int[Enum.GetValues<BudgetKind>().Length];

    public BudgetMetrics(MetricSet set)
    {
        Declare(set, BudgetKind.Key, "api_key", "a virtual key", Key);
        Declare(set, BudgetKind.Team, "team", "a team", Team);
        Declare(set, BudgetKind.User, "user", "a user", User);
    }

    /// <summary>Shows a budget until the result is disposed of.</summary>
    /// <param name="time">When it is now: its period may have ended while nobody asked.</param>
    /// <returns>Null: enough are shown.</returns>
    public BudgetGauge? Open(BudgetKind kind, string id, TimeProvider time)
    {
        if (Interlocked.Increment(ref _count[(int)kind]) > MostShown)
        {
            Interlocked.Decrement(ref _count[(int)kind]);
            return null;
        }

        var gauge = new BudgetGauge(id, time, Close);
        _shown[gauge] = kind;
        return gauge;
    }

    private void Close(BudgetGauge gauge)
    {
        if (_shown.TryRemove(gauge, out var kind)) Interlocked.Decrement(ref _count[(int)kind]);
    }

    private void Declare(MetricSet set, BudgetKind kind, string name, string whose, string[] labels)
    {
        set.Observed($"litellm_remaining_{name}_budget_metric", $"US dollars that {whose} may still spend in this period; less than nothing when its last requests cost more than was left", labels, () => Read(r => r.Max - r.Spent));
        set.Observed($"litellm_{name}_max_budget_metric", $"US dollars that {whose} may spend in a period", labels, () => Read(r => r.Max));
        set.Observed($"litellm_{name}_budget_remaining_hours_metric", $"Hours until the budget of {whose} begins anew; absent: never", labels, () => Read(r => r.HoursLeft));

        IEnumerable<Measurement<double>> Read(Func<BudgetReading, double?> value)
        {
            foreach (var (gauge, shown) in _shown)
            {
                if (shown != kind || gauge.Now is not { } reading || value(reading) is not { } number) continue;
                yield return new Measurement<double>(number, MetricTags.Of([.. labels], labels.Length == 1 ? [gauge.Id] : [gauge.Id, gauge.Alias]));
            }
        }
    }
}

public enum BudgetKind
{
    Key,
    Team,
    User,
}

/// <summary>Where the keeper of one budget leaves what is so with it.</summary>
/// <param name="id">Of a key its hash.</param>
public sealed class BudgetGauge(string id, TimeProvider time, Action<BudgetGauge> close) : IDisposable
{
    public string Id => id;

    /// <summary>Null: it has none.</summary>
    public string? Alias { get; set; }

    /// <summary>As it was when somebody last spent; null: nothing yet.</summary>
    public BudgetReading? Last { get; set; }

    internal BudgetReading? Now => Last?.At(time.GetUtcNow());

    public void Dispose() => close(this);
}

/// <param name="Spent">US dollars in this period, of requests that have ended.</param>
/// <param name="Max">US dollars.</param>
/// <param name="EndsAt">When the period ends; null: never.</param>
/// <param name="Duration">Of the periods after this one, see <see cref="BudgetPeriods"/>.</param>
public sealed record BudgetReading(double Spent, double Max, DateTimeOffset? EndsAt, string? Duration)
{
    /// <summary>As of a reading that was taken with <see cref="At"/>; null: the period does not end.</summary>
    internal double? HoursLeft { get; private init; }

    /// <summary>With a period that is over counted as what it is: nothing of the next one is spent.</summary>
    internal BudgetReading At(DateTimeOffset now)
    {
        if (EndsAt is not { } end) return this;
        if (end > now) return this with { HoursLeft = (end - now).TotalHours };
        var next = Duration is null ? null : BudgetPeriods.EndAfter(now, Duration);
        return this with { Spent = 0, EndsAt = next, HoursLeft = (next - now)?.TotalHours };
    }
}
