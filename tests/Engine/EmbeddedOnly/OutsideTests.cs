using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Engine.EmbeddedOnly;

public sealed class OutsideTests
{
    [Fact]
    public async Task ElementsThatAreReadyOutsideOfTheGrain_AreFollowedByTurnsOfTheGrain()
    {
        using var host = await EngineFixture.StartAsync();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IOutsideGrain>("outside");
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => ReadAsync(grain.CountAsync(200 + i)))));
        for (var i = 0; i < all.Length; i++) Assert.Equal(Enumerable.Range(0, 200 + i), all[i]);
        Assert.Equal(0, await grain.StraysAsync());
        await host.StopAsync();
    }

    private static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> sequence)
    {
        var read = new List<int>();
        await foreach (var item in sequence) read.Add(item);
        return read;
    }
}
