namespace OrleansLlm.Engine;

/// <summary>Sixteen clients that call one grain in every way at once, by a seed.</summary>
internal static class Crowd
{
    /// <returns>How often two calls overlapped that must not.</returns>
    public static async Task<int> RunAsync(IGrainFactory grains, string key, int seed, bool reads)
    {
        var grain = grains.GetGrain<ICrowdGrain>(key);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + client);
            for (var round = 0; round < 25; round++)
            {
                // Several at once: clients that each wait for their one call may happen to follow one another.
                await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => random.Next(3) switch
                {
                    0 => grain.ExclusiveAsync(random.Next(4)),
                    1 when reads => grain.ReadAsync(random.Next(4)),
                    _ => grain.InterleaveAsync(random.Next(4)),
                }));
            }
        })));
        return await grain.ViolationsAsync();
    }
}
