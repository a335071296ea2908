using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Caching;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>Who reads a shared inference, and who pays for it.</summary>
public class SharedReadersTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200);

    [Fact]
    public void TheLastToLeaveBeforeTheEnd_PaysAndEndsIt()
    {
        var readers = Of("a", "b");
        Assert.False(readers.Leave("a"));
        Assert.False(readers.IsAbandoned);
        Assert.True(readers.Leave("b"));
        Assert.True(readers.IsAbandoned);
        Assert.True(readers.Leave("b"));
    }

    [Fact]
    public void OfThoseWhoStay_TheFirstPays()
    {
        var readers = Of("a", "b", "c");
        readers.Leave("a");
        readers.End();
        Assert.Equal([false, false, true], new[] { readers.Leave("a"), readers.Leave("c"), readers.Leave("b") });
        Assert.False(readers.IsAbandoned);
    }

    [Fact]
    public void WhoLeftBeforeItCame_IsNotLetIn()
    {
        var readers = Of("a");
        readers.Leave("late");
        Assert.False(readers.Join("late"));
        Assert.Equal(1, readers.Count);
    }

    [Fact]
    public void NobodyIsLetIn_WhenAllHaveLeft()
    {
        var readers = Of("a");
        readers.Leave("a");
        Assert.False(readers.Join("b"));
    }

    [Fact]
    public void WhoComesAfterTheEnd_ReadsAndPaysNothing()
    {
        var readers = Of("a");
        readers.End();
        Assert.True(readers.Join("b"));
        Assert.False(readers.Leave("b"));
        Assert.True(readers.Leave("a"));
    }

    [Fact]
    public void ASilentReader_IsTakenForDead_AndOneThatIsHeardIsNot()
    {
        var readers = Of("silent", "heard");
        for (var tick = 0; tick < SharedReaders.MaxQuietTicks; tick++)
        {
            Assert.Empty(readers.Tick());
            readers.Stay("heard");
        }

        Assert.Equal(["silent"], readers.Tick());
        Assert.False(readers.IsAbandoned);
        Assert.True(readers.Stay("silent"));
        Assert.Equal(2, readers.Count);
        for (var tick = 0; tick <= SharedReaders.MaxQuietTicks; tick++) readers.Tick();
        Assert.True(readers.IsAbandoned);
    }

    /// <summary>However they come and go: it runs while somebody is there, and in the end exactly one has paid.</summary>
    [Fact]
    public void HoweverTheyComeAndGo_ExactlyOnePays() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ListOf().ToArbitrary(), Gen.Choose(0, 40).ToArbitrary(), (moves, endAfter) =>
    {
        var readers = Of("0");
        List<string> present = ["0"];
        HashSet<string> left = [];
        List<string> paid = [];
        var done = 0;
        foreach (var move in moves)
        {
            if (readers.IsAbandoned) break;
            if (done++ == endAfter) readers.End();
            var reader = $"{move / 2 % 64}";
            if (move % 2 == 0)
            {
                var isIn = readers.Join(reader);
                Assert.Equal(!left.Contains(reader), isIn);
                if (isIn && !present.Contains(reader)) present.Add(reader);
            }
            else if (left.Add(reader))
            {
                if (readers.Leave(reader)) paid.Add(reader);
                present.Remove(reader);
            }

            Assert.Equal(present.Count, readers.Count);
            Assert.Equal(present.Count == 0 && !readers.Ended, readers.IsAbandoned);
        }

        foreach (var reader in present)
        {
            if (readers.Leave(reader)) paid.Add(reader);
        }

        Assert.Single(paid);
        return true;
    }).Check(Many);

    private static SharedReaders Of(params string[] names)
    {
        var readers = new SharedReaders();
        foreach (var name in names) Assert.True(readers.Join(name));
        return readers;
    }
}
