using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Caching;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>The bound of a process's memory for answers.</summary>
public class CacheShelfTests
{
    private const long Entry = CacheShelf.EntryOverhead;

    [Fact]
    public void WhatWasUnusedLongest_Goes()
    {
        var shelf = new CacheShelf();
        shelf.Put("a", 0, 3 * Entry);
        shelf.Put("b", 0, 3 * Entry);
        shelf.Put("c", 0, 3 * Entry);
        shelf.Touch("a");
        Assert.Equal(["b"], shelf.Put("d", 0, 3 * Entry)!);
        Assert.Equal((3, 3 * Entry), (shelf.Count, shelf.Bytes));
        Assert.Equal(["c", "a", "d"], shelf.Put("e", 2 * Entry, 3 * Entry)!);
        Assert.Null(shelf.Put("e", (2 * Entry) + 1, 3 * Entry));
        Assert.Equal((0, 0), (shelf.Count, shelf.Bytes));
    }

    /// <summary>Against a list: never more than the bound, and nobody goes before it has to.</summary>
    [Fact]
    public void NeverMoreThanTheBound() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ListOf().ToArbitrary(), moves =>
    {
        const long Most = 10 * Entry;
        var shelf = new CacheShelf();
        List<(string Key, long Bytes)> model = [];
        foreach (var step in moves)
        {
            var (name, bytes, move) = ($"{step % 24}", step / 24 % 65536, step / 24 / 65536);
            var at = model.FindIndex(e => e.Key == name);
            switch (move % 3)
            {
                case 0:
                    Assert.Equal(at >= 0, shelf.Remove(name));
                    if (at >= 0) model.RemoveAt(at);
                    break;
                case 1:
                    shelf.Touch(name);
                    if (at < 0) break;
                    model.Add(model[at]);
                    model.RemoveAt(at);
                    break;
                default:
                    if (at >= 0) model.RemoveAt(at);
                    List<string> victims = [];
                    while (bytes + Entry <= Most && model.Sum(e => e.Bytes) + bytes + Entry > Most)
                    {
                        victims.Add(model[0].Key);
                        model.RemoveAt(0);
                    }

                    var went = shelf.Put(name, bytes, Most);
                    if (bytes + Entry > Most) Assert.Null(went);
                    else Assert.Equal(victims, went!);
                    if (went is not null) model.Add((name, bytes + Entry));
                    break;
            }

            Assert.True(shelf.Bytes <= Most);
            Assert.Equal((model.Count, model.Sum(e => e.Bytes)), (shelf.Count, shelf.Bytes));
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(200));
}
