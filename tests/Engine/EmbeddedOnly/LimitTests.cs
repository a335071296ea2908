using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansLlm.Support;

namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>Nothing grows without a bound.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task FullMailbox_RefusesTheNextCall_AndWorksOnAfterwards()
    {
        using var host = await EngineFixture.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.MaxEnqueuedRequestsHardLimit = 10));
        var witness = host.Services.GetRequiredService<Witness>();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITurnGrain>("full");
        var held = grain.HoldAsync("a");
        await witness.Wait("full/a/started");
        var waiting = Enumerable.Range(0, 10).Select(_ => grain.AddAsync(1)).ToArray();
        await Assert.ThrowsAsync<LimitExceededException>(() => grain.AddAsync(1));
        Assert.Equal(0, await grain.PeekAsync());
        witness.Signal("full/a/gate");
        await held;
        await Task.WhenAll(waiting);
        Assert.Equal(11, await grain.AddAsync(1));
        await host.StopAsync();
    }

    [Fact]
    public async Task CancelledCalls_FreeTheirPlaceInTheMailbox()
    {
        using var host = await EngineFixture.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.MaxEnqueuedRequestsHardLimit = 10));
        var witness = host.Services.GetRequiredService<Witness>();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICancelGrain>("full");
        using var first = new CancellationTokenSource();
        var held = grain.WaitForTokenAsync(first.Token);
        await witness.Wait("full/waiting");
        for (var round = 0; round < 5; round++)
        {
            using var source = new CancellationTokenSource();
            var waiting = Enumerable.Range(0, 10).Select(_ => grain.NoteAsync("ran", source.Token)).ToArray();
            await source.CancelAsync();
            foreach (var call in waiting) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        await host.StopAsync();
    }

    [Fact]
    public async Task CollectedActivations_LeaveNothingBehind()
    {
        var time = new ManualTime();
        using var host = await EngineFixture.StartAsync(services: s => s.AddSingleton<TimeProvider>(time));
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var tracked = new List<WeakReference>();
        for (var i = 0; i < 100_000; i++) tracked.Add(await TouchAsync(grains, $"many-{i}"));
        time.Advance(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromMinutes(20));
        await Witness.Until(
            () =>
            {
                GC.Collect();
                return tracked.All(static t => !t.IsAlive);
            },
            "every grain instance is collected");
        await host.StopAsync();
    }

    private static async Task<WeakReference> TouchAsync(IGrainFactory grains, string key) => await grains.GetGrain<ISelfGrain>(key).SelfAsync();
}

public interface ISelfGrain : IGrainWithStringKey
{
    Task<WeakReference> SelfAsync();
}

internal sealed class SelfGrain : Grain, ISelfGrain
{
    public Task<WeakReference> SelfAsync() => Task.FromResult(new WeakReference(this));
}
