using System.Buffers;
using System.Text;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Prometheus;

namespace OrleansLlm.Tests.Observability;

/// <summary>Budgets are worked out when somebody looks, and are bounded.</summary>
public sealed class BudgetMetricsTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly MetricRegistry _registry;
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 30, 12, 0, 0, TimeSpan.Zero));

    public BudgetMetricsTests() => _registry = new MetricRegistry(_metrics, new SeriesLimits(MaxSeries: 2000, MaxValues: 200));

    [Fact]
    public void APeriodThatEndsWhileNobodySpends_IsOver()
    {
        var gauge = _metrics.Budgets.Open(BudgetKind.Team, "t", _time)!;
        gauge.Last = new BudgetReading(7, 10, new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), "30d");
        Assert.Equal((3, 10, 36), Shown());
        _time.Advance(TimeSpan.FromHours(35));
        Assert.Equal((3, 10, 1), Shown());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((10, 10, 28 * 24), Shown());
        gauge.Last = new BudgetReading(11, 10, null, null);
        Assert.Equal((-1, 10, 0), Shown());
        gauge.Dispose();
        Assert.DoesNotContain(Read().Samples, s => s.Labels.ContainsKey("team"));

        (double Left, double Most, double Hours) Shown()
        {
            var shown = Read();
            return (shown["litellm_remaining_team_budget_metric", ("team", "t")], shown["litellm_team_max_budget_metric", ("team", "t")], shown["litellm_team_budget_remaining_hours_metric", ("team", "t")]);
        }
    }

    [Fact]
    public void HoweverManyBudgetsThereAre_AFewAreShown_AndOthersWhenTheseHaveGone()
    {
        var first = Enumerable.Range(0, BudgetMetrics.MostShown).Select(i => Open($"{i}")).ToList();
        Assert.All(first, Assert.NotNull);
        Assert.Null(Open("more"));
        // A kind of its own.
        Assert.NotNull(_metrics.Budgets.Open(BudgetKind.User, "ada", _time));
        Assert.Equal(BudgetMetrics.MostShown, Keys().Count);
        foreach (var gauge in first)
        {
            gauge!.Dispose();
            gauge.Dispose();
        }

        // All of them by their names, though these are others than before.
        for (var i = 0; i < BudgetMetrics.MostShown; i++) Assert.NotNull(Open($"later-{i}"));
        Assert.Equal(Enumerable.Range(0, BudgetMetrics.MostShown).Select(i => $"later-{i}").Order(), Keys().Order());
        Assert.Null(Open("more"));

        BudgetGauge? Open(string key)
        {
            var gauge = _metrics.Budgets.Open(BudgetKind.Key, key, _time);
            gauge?.Last = new BudgetReading(1, 2, null, null);
            return gauge;
        }

        List<string> Keys() => [.. Read().Samples.Where(s => s.Name == "litellm_remaining_api_key_budget_metric").Select(s => s.Labels["hashed_api_key"])];
    }

    [Fact]
    public void WhatIsBeyondTheBounds_IsNoValueOfOthers()
    {
        using var few = new MetricRegistry(_metrics, new SeriesLimits(MaxSeries: 2000, MaxValues: 2));
        for (var i = 0; i < 3; i++) _metrics.Budgets.Open(BudgetKind.User, $"u{i}", _time)!.Last = new BudgetReading(i, 10, null, null);
        var users = Read(few).Samples.Where(s => s.Name == "litellm_remaining_user_budget_metric").ToList();
        Assert.Equal(2, users.Count);
        Assert.DoesNotContain(users, s => s.Labels["user"] == "other");
    }

    public void Dispose()
    {
        _registry.Dispose();
        _metrics.Dispose();
    }

    private PrometheusText Read(MetricRegistry? registry = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (registry ?? _registry).Write(output);
        return PrometheusText.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
