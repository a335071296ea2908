namespace OrleansLlm.Engine;

/// <summary>Clients that come and go at any moment: afterwards nothing is held and nothing enumerates.</summary>
public sealed class CancelStormTests(EngineFixture engine)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task HalfLeaveWithin40Milliseconds_NothingIsHeldAfterwards(int seed)
    {
        var slot = $"storm-{seed}";
        await Task.WhenAll(Enumerable.Range(0, 64).Select(client => Task.Run(() => OneClientAsync(slot, seed, client))));

        var grain = engine.Grains.GetGrain<ISlotGrain>(slot);
        await Witness.Until(() => engine.Witness.Count($"{slot}/alive") == 0, "every enumeration has ended");
        (int Held, int Waiting, int Most, int Served) seen = default;
        await Support.Eventually.UntilAsync(async () => (seen = await grain.LookAsync()) is { Held: 0, Waiting: 0 }, "nothing is held and nobody waits", Witness.Patience);
        Assert.Equal(1, seen.Most);
        Assert.InRange(seen.Served, 32, 64);
    }

    private async Task OneClientAsync(string slot, int seed, int client)
    {
        var random = new Random((seed * 1_000) + client);
        var leaves = client % 2 == 0;
        using var source = leaves
            ? new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 40), TimeProvider.System)
            : new CancellationTokenSource();
        var request = engine.Grains.GetGrain<IRequestGrain>($"{slot}-{client}");
        var sequence = random.Next(2) == 0 ? request.RunAsync(slot, source.Token) : request.RunAsync(slot);
        try
        {
            await foreach (var item in sequence.WithCancellation(source.Token))
            {
                if (item == 1 && !leaves) break;
            }
        }
        catch (OperationCanceledException) when (leaves)
        {
            // It left.
        }
    }
}
