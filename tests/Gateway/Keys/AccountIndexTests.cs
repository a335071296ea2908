using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>One of the 256 lists of accounts while it gets more than a grain should have: it is split, and stays one list for whoever asks.</summary>
public class AccountIndexTests
{
    private const string Bucket = "team:00";

    /// <summary>Enough that some of those below it are split as well.</summary>
    private static readonly IndexEntry[] Entries =
    [
        .. Enumerable.Range(0, int.MaxValue).Select(i => $"{i}").Where(i => AccountBuckets.Of(AccountKind.Team, i) == Bucket).Take(1200).Select((id, i) => new IndexEntry(id, $"alias-{i}", $"u{i % 3}", null)),
    ];

    [Fact]
    public async Task AListThatIsSplit_IsOneList_AlsoAfterARestart()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-test-").FullName;
        await using (var gateway = await StartAsync(folder))
        {
            var list = List(gateway);
            foreach (var entry in Entries) Assert.True(await list.PutAsync(entry));
            await HoldsAsync(list, Entries);
            // Again: nothing is there twice. Changed: found by what it is now.
            foreach (var entry in Entries.Take(100)) Assert.True(await list.PutAsync(entry with { UserId = "other" }));
            await HoldsAsync(list, [.. Entries.Select((e, i) => i < 100 ? e with { UserId = "other" } : e)]);
            foreach (var entry in Entries.Take(200)) await list.RemoveAsync(entry.Id);
            await list.RemoveAsync(Entries[0].Id);
            await HoldsAsync(list, Entries[200..]);
        }

        await using (var gateway = await StartAsync(folder))
        {
            await HoldsAsync(List(gateway), Entries[200..]);
            await List(gateway).PutAsync(Entries[0]);
            await HoldsAsync(List(gateway), [Entries[0], .. Entries[200..]]);
            // No grain has more than it should.
            for (var which = 0; which < AccountBuckets.Below; which++)
            {
                var below = gateway.Grains.GetGrain<IAccountIndexGrain>(AccountBuckets.NameBelow(Bucket, which));
                Assert.InRange(await below.CountAsync(new IndexQuery()), 1, Entries.Length / 4);
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>As a bucket is that was never split, because the program that wrote it did not know how.</summary>
    [Fact]
    public async Task AListThatWasLongBefore_IsSplit_AndHasWhatItHad()
    {
        await using var gateway = await StartAsync(null);
        // A split that broke off has left something below, which counts for nothing.
        var below = gateway.Grains.GetGrain<IAccountIndexGrain>(AccountBuckets.NameBelow(Bucket, AccountBuckets.WhichBelow(Bucket, Entries[5].Id)));
        await below.AdoptAsync([Entries[5], new IndexEntry("stale", null, null, null)]);
        await List(gateway).AdoptAsync([.. Entries]);
        await HoldsAsync(List(gateway), Entries);
        await List(gateway).RemoveAsync(Entries[5].Id);
        await HoldsAsync(List(gateway), [.. Entries.Where((_, i) => i != 5)]);
    }

    [Fact]
    public async Task WhatAnOlderVersionHad_IsInTheListsOfItsHolders_AlsoWhereItWasBegunBefore()
    {
        await using var gateway = await StartAsync(null);
        const string Old = "key:00";
        IndexEntry[] keys = [.. Enumerable.Range(0, int.MaxValue).Select(i => $"{i}").Where(i => AccountBuckets.Of(AccountKind.Key, i) == Old).Take(300).Select((id, i) => new IndexEntry(id, $"alias-{i % 299}", $"u{i % 2}", "t"))];
        var bucket = gateway.Grains.GetGrain<IAccountIndexGrain>(Old);
        await bucket.AdoptAsync([.. keys]);
        foreach (var some in keys[..80]) await ListOf(gateway, new IndexQuery(UserId: some.UserId)).PutBelowAsync(some);
        Assert.False(await bucket.IsListedAsync());

        await bucket.ListAsync();
        Assert.True(await bucket.IsListedAsync());
        await HoldsAsync(ListOf(gateway, new IndexQuery(UserId: "u0")), [.. keys.Where(k => k.UserId == "u0")]);
        await HoldsAsync(ListOf(gateway, new IndexQuery(UserId: "u1")), [.. keys.Where(k => k.UserId == "u1")]);
        await HoldsAsync(ListOf(gateway, new IndexQuery(TeamId: "t")), keys);
        await HoldsAsync(ListOf(gateway, new IndexQuery(Alias: "alias-0")), [keys[0], keys[299]]);
    }

    private static IAccountIndexGrain ListOf(TestGateway gateway, IndexQuery query) => gateway.Grains.GetGrain<IAccountIndexGrain>(AccountLists.For(AccountKind.Key, query)!.Value.List);

    private static Task<TestGateway> StartAsync(string? folder) => TestGateway.StartAsync("model_list: []\ngateway_settings: {ledger: {enabled: false}}\n", folder: folder);

    private static IAccountIndexGrain List(TestGateway gateway) => gateway.Grains.GetGrain<IAccountIndexGrain>(Bucket);

    private static async Task HoldsAsync(IAccountIndexGrain list, IndexEntry[] expected)
    {
        const int Page = 170;
        Assert.Equal(expected.Length, await list.CountAsync(new IndexQuery()));
        var seen = new List<IndexEntry>();
        for (var skip = 0; skip < expected.Length; skip += Page) seen.AddRange(await list.SliceAsync(new IndexQuery(), skip, Page));
        Assert.Equal(expected.OrderBy(e => e.Id, StringComparer.Ordinal), seen.OrderBy(e => e.Id, StringComparer.Ordinal));
        foreach (var query in (IndexQuery[])[new(UserId: "u1"), new(UserId: "other"), new(Alias: "alias-700"), new(Id: expected[^1].Id), new(Id: "nobody")])
        {
            var matching = expected.Where(e => query.Matches(e.Id, e.Alias, e.UserId, e.TeamId)).OrderBy(e => e.Id, StringComparer.Ordinal).ToList();
            Assert.Equal(matching.Count, await list.CountAsync(query));
            Assert.Equal(matching, (await list.SliceAsync(query, 0, int.MaxValue)).OrderBy(e => e.Id, StringComparer.Ordinal));
            Assert.Equal(Math.Max(0, matching.Count - 7), (await list.SliceAsync(query, 7, int.MaxValue)).Length);
        }
    }
}
