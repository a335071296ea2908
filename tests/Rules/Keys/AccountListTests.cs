using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Keys;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Rules.Keys;

/// <summary>One bucket of the list of accounts, against a plain sorted dictionary.</summary>
public class AccountListTests
{
    private const int Most = 5;

    [Fact]
    public void ABucket_IsASortedMapWithABound() => Prop.ForAll(
        Gen.ListOf(Gen.Choose(0, 8).Zip(Gen.Choose(0, 2), (id, what) => (Id: $"{id}", What: what))).ToArbitrary(),
        steps =>
        {
            var rows = new List<AccountIndexRow>();
            var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (id, what) in steps)
            {
                if (what == 0)
                {
                    Assert.Equal(model.Remove(id), AccountList.Remove(rows, id));
                    continue;
                }

                bool? expected = model.TryGetValue(id, out var alias) ? alias != $"{what}" : model.Count >= Most ? null : true;
                Assert.Equal(expected, AccountList.Put(rows, new IndexEntry(id, $"{what}", null, null), Most));
                if (expected is not null) model[id] = $"{what}";
            }

            Assert.Equal(model.Select(m => (m.Key, m.Value)), rows.Select(r => (r.Id, r.Alias!)));
            Assert.Equal(model.Count(m => m.Value == "1"), AccountList.Count(rows, new IndexQuery(Alias: "1")));
            Assert.Equal(model.Keys.Skip(1).Take(2), AccountList.Slice(rows, new IndexQuery(), 1, 2).Select(e => e.Id));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Buckets_AreAllUsed_AndAnIdHasOne()
    {
        var used = Enumerable.Range(0, 10_000).Select(i => AccountBuckets.Of(AccountKind.Key, $"{i}")).ToHashSet();
        Assert.Equal(Enumerable.Range(0, AccountBuckets.Count).Select(b => AccountBuckets.Name(AccountKind.Key, b)).Order(), used.Order());
    }
}
