using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

public class WritePaceTests
{
    private const int Every = 50;

    /// <summary>Each number is a pause of as many milliseconds between two wishes to write, one after the other.</summary>
    [Fact]
    public void AnyWishes_AreWrittenWithinThePace_TheFirstAtOnce_AndNoTwoWritesAreCloser() =>
        Prop.ForAll(Gen.Choose(0, 120).ArrayOf().ToArbitrary(), pauses =>
        {
            var pace = new WritePace(TimeSpan.FromMilliseconds(Every));
            var (now, due, writes, wishes) = (0, int.MaxValue, new List<int>(), new List<int>());
            foreach (var pause in pauses)
            {
                Pass(pause);
                wishes.Add(now);
                switch (pace.Ask(TimeSpan.FromMilliseconds(now)))
                {
                    case { Ticks: 0 }:
                        writes.Add(now);
                        break;
                    case { } wait:
                        due = now + (int)wait.TotalMilliseconds;
                        break;
                }
            }

            Pass(Every);
            Assert.All(writes.Zip(writes.Skip(1)), w => Assert.True(w.Second - w.First >= Every));
            Assert.All(wishes, wish => Assert.Contains(writes, write => write >= wish && write <= wish + Every));
            Assert.Equal(wishes.Take(1), writes.Take(1));
            return true;

            // The timer of the one that uses it.
            void Pass(int milliseconds)
            {
                var end = now + milliseconds;
                if (due <= end)
                {
                    now = due;
                    due = int.MaxValue;
                    Assert.True(pace.TakeDue(TimeSpan.FromMilliseconds(now)));
                    writes.Add(now);
                }

                now = end;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60));
}
