using System.Collections.Concurrent;
using OrleansLlm.Api.Requests;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>Ids of requests, whoever makes how many of them.</summary>
public class RequestIdTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void EachId_IsMadeOnce_OnAnyThread()
    {
        var ids = new ConcurrentBag<string>();
        Parallel.For(0, 10_000, _ => ids.Add(RequestId.New(s_now)));
        Assert.Equal(10_000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches($"^{InferenceIds.RequestPrefix}[0-9a-f]{{32}}$", id));
    }

    /// <summary>40 random bits and more in each of its halves: that one comes twice is no chance to reckon with, that bytes are used twice would be seen.</summary>
    [Fact]
    public void NoTwoIds_ShareAHalfOfTheirRandomDigits()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => RequestId.New(s_now)[^20..]).ToList();
        Assert.Equal(2000, ids.SelectMany(id => new[] { id[..10], id[10..] }).Distinct().Count());
    }

    /// <summary>What is stored by its id comes one after the other, so that an index of ids is written to at its end.</summary>
    [Fact]
    public void Ids_AreInTheOrderOfTheirTime()
    {
        var ids = Enumerable.Range(0, 1000).Select(n => RequestId.New(s_now.AddMilliseconds(n * n * 100L))).ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Equal(s_now.ToUnixTimeMilliseconds(), Convert.ToInt64(ids[0].Substring(InferenceIds.RequestPrefix.Length, 12), 16));
    }
}
