namespace OrleansLlm.Engine;

public interface IPublisherGrain : IGrainWithStringKey
{
    Task PublishAsync(string stream, int from, int count);
}

internal sealed class PublisherGrain : Grain, IPublisherGrain
{
    public async Task PublishAsync(string stream, int from, int count)
    {
        var target = this.GetStreamProvider(EngineFixture.Streams).GetStream<int>(StreamId.Create("tests", stream));
        for (var i = from; i < from + count; i++) await target.OnNextAsync(i);
    }
}
