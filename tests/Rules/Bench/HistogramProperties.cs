using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Bench.Load;

namespace OrleansLlm.Tests.Rules.Bench;

public class HistogramProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    /// <summary>From microseconds to minutes.</summary>
    private static readonly Arbitrary<long[]> Times = Gen.Choose(0, 30).SelectMany(bits => Gen.Choose(0, 1 << bits).Select(t => (long)t)).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    [InlineData(1)]
    public void APercentile_IsThatOfTheSortedTimes_WithinAThousandth(double share) =>
        Prop.ForAll(Times, times =>
        {
            var histogram = new Histogram();
            foreach (var time in times) histogram.Add(time);
            var exact = times.Order().ElementAt(Math.Max((int)Math.Ceiling(times.Length * share) - 1, 0)) / 1000.0;
            Assert.Equal(times.Length, histogram.Count);
            Assert.InRange(histogram.Percentile(share)!.Value, exact * 0.999, exact * 1.001);
            return true;
        }).Check(Many);

    [Fact]
    public void OfNothing_ThereIsNoPercentile() => Assert.Null(new Histogram().Percentile(0.5));

    [Fact]
    public void ATimeBeyondAllBounds_IsCountedAtTheEnd()
    {
        var histogram = new Histogram();
        histogram.Add(long.MaxValue);
        Assert.True(histogram.Percentile(1) > 1e6);
    }
}
