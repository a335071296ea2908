using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Grains.Keys;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Rules.Keys;

/// <summary>One bucket of the list of accounts, against a plain sorted dictionary.</summary>
public class AccountListTests
{
    [Fact]
    public void ABucket_IsASortedMap() => Prop.ForAll(
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

                Assert.Equal(model.GetValueOrDefault(id) != $"{what}", AccountList.Put(rows, new IndexEntry(id, $"{what}", null, null)));
                model[id] = $"{what}";
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

    [Fact]
    public void WhatIsSplit_IsWhole_AndEachIdIsWhereItIsLookedFor()
    {
        var ids = Enumerable.Range(0, 5000).Select(i => $"{i}").Where(i => AccountBuckets.Of(AccountKind.Team, i) == "team:3f").ToList();
        var parts = AccountList.Split("team:3f", AccountList.Rows(ids.Select(i => new IndexEntry(i, null, "u", null))));
        Assert.Equal(AccountBuckets.Below, parts.Length);
        Assert.Equal(ids.Order(StringComparer.Ordinal), parts.SelectMany(p => p).Select(e => e.Id).Order(StringComparer.Ordinal));
        for (var which = 0; which < parts.Length; which++)
        {
            foreach (var entry in parts[which])
            {
                Assert.Equal(("u", which), (entry.UserId, AccountBuckets.WhichBelow("team:3f", entry.Id)));
                // By the digits of the hash, one after the other.
                var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(entry.Id)));
                Assert.StartsWith(AccountBuckets.NameBelow("team:3f", which)["team:".Length..], hash, StringComparison.Ordinal);
                Assert.Equal(Convert.ToInt32(hash.Substring(3, 1), 16), AccountBuckets.WhichBelow(AccountBuckets.NameBelow("team:3f", which), entry.Id));
            }
        }
    }
}
