using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

public class ScopeSightingsTests
{
    [Fact]
    public void WhoWasNotSeenForLong_IsForgotten_TheLongestUnseenFirst_AndNobodyElse()
    {
        var seen = new Dictionary<string, int> { ["old"] = 99, ["older"] = 98, ["young"] = 100 };
        Assert.Equal(["older", "old"], ScopeSightings.See(seen, "new", 500, most: 100, keep: 400));
        Assert.Equal(500, seen["new"]);
        Assert.Empty(ScopeSightings.See(seen, "new", 500, most: 100, keep: 0));
    }

    /// <summary>Each number is a caller and a pause in days.</summary>
    [Fact]
    public void AnyMix_StaysWithinItsBound_AndForgetsNobodyWhoIsYoung_UnlessItIsFull() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(), steps =>
        {
            const int Most = 20;
            const int Keep = 10;
            var (seen, today) = (new Dictionary<string, int>(), 1000);
            foreach (var step in steps)
            {
                today += step % 4 == 0 ? step / 4 % 5 : 0;
                var full = seen.Count >= Most;
                foreach (var gone in ScopeSightings.See(seen, $"u{step / 20 % 60}", today, Most, Keep))
                {
                    Assert.True(full || today - seen[gone] > Keep);
                    Assert.True(seen.Remove(gone));
                }

                Assert.InRange(seen.Count, 1, Most);
                Assert.Equal(today, seen[$"u{step / 20 % 60}"]);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(400));
}
