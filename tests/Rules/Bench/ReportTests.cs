using OrleansLlm.Bench.Report;

namespace OrleansLlm.Tests.Rules.Bench;

public class ReportTests
{
    [Fact]
    public void WhatIsAdded_IsTheDifferenceToTheDirectWay_OfTheSameRound()
    {
        var (direct, nginx, gateway) = (Round((Figure.Latency[0], 1), (Figure.CpuPerRequest, 5)), Round((Figure.CpuPerRequest, 10)), Round((Figure.Latency[0], 1.5), (Figure.CpuPerRequest, 60)));
        gateway.Compare(direct, nginx);
        Assert.Equal(0.5, gateway.Figures["added_latency_p50_ms"]);
        Assert.Equal(6, gateway.Figures["cpu_by_nginx"]);
        Assert.False(gateway.Figures.ContainsKey("added_ttft_p50_ms"));
    }

    [Fact]
    public void AFigure_IsTheMedianOfItsRounds_AndErrorsAreTheirSum()
    {
        var report = TargetReport.Of("gateway", [Round((Figure.Cores, 3), (Figure.Errors, 1)), Round((Figure.Cores, 1), (Figure.Errors, 2)), Round((Figure.Cores, 2), (Figure.Errors, 0))]);
        Assert.Equal(2, report.Figures["cores"]);
        Assert.Equal(3, report.Figures["errors"]);
        Assert.Equal([3, 1, 2], report.Rounds["cores"]);
    }

    [Fact]
    public void AFigureThatIsNone_IsLeftOut() => Assert.Empty(Round((Figure.CpuPerRequest, double.NaN), (Figure.CpuByNginx, double.PositiveInfinity)).Figures);

    [Fact]
    public void AComparison_TellsARatio_AndWhetherTheRoundsLieApart()
    {
        var to = new StringWriter();
        Comparison.Print(to, Report((1, 2), (5, 7)), Report((3, 4), (6, 8)));
        Assert.Contains(Line("cores", "1.50", "3.50", "2.33", "yes"), to.ToString(), StringComparison.Ordinal);
        Assert.Contains(Line("RSS, MB", "6.00", "7.00", "1.17", "no"), to.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.0614, "0.061")]
    [InlineData(-5.123, "-5.12")]
    [InlineData(42.25, "42.3")]
    [InlineData(24540.4, "24,540")]
    public void ATable_ShowsTheDigitsThatMatter(double value, string shown) => Assert.Equal(shown, Table.Short(value));

    private static string Line(string title, string before, string after, string ratio, string apart) => $"  {title,-42}{before,14}{after,14}{ratio,10}{apart,14}";

    private static Measured Round(params (Figure Figure, double Value)[] figures)
    {
        var round = new Measured();
        foreach (var (figure, value) in figures) round.Set(figure, value);
        return round;
    }

    private static BenchReport Report((double, double) cores, (double, double) memory) => new(
        1, new MachineFacts("cpu", 2, 1000, "system", "runtime"), new RunFacts(DateTimeOffset.UnixEpoch, null, "Embedded", true, "openai", 2, 1, null, []),
        [new CellReport("single", "c=1", [TargetReport.Of("gateway", [Round((Figure.Cores, cores.Item1), (Figure.Memory, memory.Item1)), Round((Figure.Cores, cores.Item2), (Figure.Memory, memory.Item2))])])]);
}
