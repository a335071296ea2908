using OrleansLlm.Grains.Recent;
using OrleansLlm.Recent;

namespace OrleansLlm.Tests.Rules.Recent;

public class StoryRingTests
{
    [Fact]
    public void TheNewest_AreKept_AndNoMore()
    {
        var ring = new StoryRing(3);
        for (var i = 0; i < 10; i++) ring.Add(Story($"r{i}"));
        Assert.Equal(["r9", "r8", "r7"], ring.List(new StoryQuery()).Select(s => s.RequestId));
        Assert.Equal(3, ring.Count);
        Assert.Null(ring.Find("r6"));
        Assert.NotNull(ring.Find("r7"));
    }

    [Fact]
    public void AStoryToldTwice_IsKeptOnce_AsItWasToldLast()
    {
        var ring = new StoryRing(2);
        ring.Add(Story("a", status: "cancelled"));
        ring.Add(Story("b"));
        ring.Add(Story("a"));
        Assert.Equal(["a", "b"], ring.List(new StoryQuery()).Select(s => s.RequestId));
        Assert.Equal("success", ring.Find("a")!.Status);
    }

    [Fact]
    public void ASearch_TakesModelKeyAndStatus_AndTheSlowFirst()
    {
        var ring = new StoryRing(10);
        ring.Add(Story("a", model: "Llama-3", key: "one", took: 5));
        ring.Add(Story("b", model: "qwen", key: "one", took: 9, status: "queue_full"));
        ring.Add(Story("c", model: "qwen", key: "two", took: 1));
        // Whose client has left has not failed.
        ring.Add(Story("d", model: "phi", key: "three", took: 0, status: "cancelled"));
        Assert.Equal(["a"], Ids(new StoryQuery { Model = "llama" }));
        Assert.Equal(["b", "a"], Ids(new StoryQuery { Key = "one" }));
        Assert.Equal(["b"], Ids(new StoryQuery { Status = StoryQuery.AnyFailure }));
        Assert.Equal(["b"], Ids(new StoryQuery { Status = "queue_full" }));
        Assert.Equal(["d"], Ids(new StoryQuery { Status = "cancelled" }));
        Assert.Equal(["b", "a", "c", "d"], Ids(new StoryQuery { SlowFirst = true }));
        Assert.Equal(["d"], Ids(new StoryQuery { Most = 1 }));

        string[] Ids(StoryQuery query) => [.. ring.List(query).Select(s => s.RequestId)];
    }

    private static RequestStory Story(string id, string model = "m", string? key = null, int took = 1, string status = "success") => new()
    {
        RequestId = id,
        Time = DateTimeOffset.UnixEpoch,
        Node = "node",
        Key = key,
        User = "anonymous",
        Model = model,
        Status = status,
        Took = TimeSpan.FromSeconds(took),
    };
}
