using System.Collections.Concurrent;
using Orleans.Streams;

namespace OrleansLlm.Engine;

public sealed class StreamTests(EngineFixture engine)
{
    private readonly string _key = $"stream-{TestContext.Current.Test!.UniqueID}";

    private IAsyncStream<int> Stream => engine.Client.GetStreamProvider(EngineFixture.Streams).GetStream<int>(StreamId.Create("tests", _key));

    private IPublisherGrain Publisher => engine.Grains.GetGrain<IPublisherGrain>(_key);

    [Fact]
    public async Task Subscriber_GetsEveryItem_InOrder_WithRisingTokens()
    {
        var items = new ConcurrentQueue<(int Item, StreamSequenceToken? Token)>();
        await Stream.SubscribeAsync((item, token) =>
        {
            items.Enqueue((item, token));
            return Task.CompletedTask;
        });
        await Publisher.PublishAsync(_key, 0, 500);
        await Witness.Until(() => items.Count == 500, "500 items");
        Assert.Equal(Enumerable.Range(0, 500), items.Select(i => i.Item));
        Assert.All(items.Zip(items.Skip(1)), pair => Assert.True(pair.First.Token!.CompareTo(pair.Second.Token) < 0));
    }

    [Fact]
    public async Task EverySubscriber_GetsEveryItem()
    {
        var readers = Enumerable.Range(0, 5).Select(_ => new ConcurrentQueue<int>()).ToArray();
        foreach (var reader in readers) await SubscribeAsync(reader);
        await Publisher.PublishAsync(_key, 0, 50);
        foreach (var reader in readers)
        {
            await Witness.Until(() => reader.Count == 50, "50 items");
            Assert.Equal(Enumerable.Range(0, 50), reader);
        }
    }

    [Fact]
    public async Task Unsubscribed_GetsNothingMore()
    {
        var leaves = new ConcurrentQueue<int>();
        var stays = new ConcurrentQueue<int>();
        var handle = await SubscribeAsync(leaves);
        await SubscribeAsync(stays);
        await Publisher.PublishAsync(_key, 0, 10);
        await Witness.Until(() => leaves.Count == 10 && stays.Count == 10, "10 items each");
        await handle.UnsubscribeAsync();
        await Publisher.PublishAsync(_key, 10, 10);
        await Witness.Until(() => stays.Count == 20, "20 items");
        Assert.Equal(10, leaves.Count);
    }

    [Fact]
    public async Task Handles_NameTheSubscriptions()
    {
        var handle = await SubscribeAsync(new ConcurrentQueue<int>());
        Assert.Equal([handle.HandleId], (await Stream.GetAllSubscriptionHandles()).Select(h => h.HandleId));
        await handle.UnsubscribeAsync();
        Assert.Empty(await Stream.GetAllSubscriptionHandles());
    }

    [Fact]
    public async Task Streams_OfOtherKeys_AreApart()
    {
        var mine = new ConcurrentQueue<int>();
        await SubscribeAsync(mine);
        await Publisher.PublishAsync(_key + "-other", 100, 5);
        await Publisher.PublishAsync(_key, 0, 1);
        await Witness.Until(() => !mine.IsEmpty, "an item");
        Assert.Equal([0], mine);
    }

    private Task<StreamSubscriptionHandle<int>> SubscribeAsync(ConcurrentQueue<int> into) => Stream.SubscribeAsync((item, _) =>
    {
        into.Enqueue(item);
        return Task.CompletedTask;
    });
}
