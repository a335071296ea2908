using System.Collections.Concurrent;
using OrleansLlm.Api.Requests;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>Ids of requests, whoever makes how many of them.</summary>
public class RequestIdTests
{
    [Fact]
    public void EachId_IsMadeOnce_OnAnyThread()
    {
        var ids = new ConcurrentBag<string>();
        Parallel.For(0, 10_000, _ => ids.Add(RequestId.New()));
        Assert.Equal(10_000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches($"^{InferenceIds.RequestPrefix}[0-9a-f]{{32}}$", id));
    }

    /// <summary>64 random bits each: that one comes twice is no chance to reckon with, that bytes are used twice would be seen.</summary>
    [Fact]
    public void NoTwoIds_ShareAHalf()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => RequestId.New()[^32..]).ToList();
        Assert.Equal(2000, ids.SelectMany(id => new[] { id[..16], id[16..] }).Distinct().Count());
    }
}
