using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansLlm.Support;

namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>What depends on time, with time in the test's hand. Orleans drives only a part of this by TimeProvider, so it is not asked to.</summary>
public sealed class TimedTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private IHost? _host;

    private Witness Witness => _host!.Services.GetRequiredService<Witness>();

    private ITimedGrain Grain => _host!.Services.GetRequiredService<IGrainFactory>().GetGrain<ITimedGrain>("timed");

    public async ValueTask InitializeAsync() => _host = await EngineFixture.StartAsync(
        silo =>
        {
            silo.Services.Configure<GrainCollectionOptions>(o =>
            {
                o.CollectionAge = TimeSpan.FromMinutes(10);
                o.CollectionQuantum = TimeSpan.FromMinutes(1);
            });
            silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(30));
        },
        services => services.AddSingleton<TimeProvider>(_time));

    public async ValueTask DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task IdleGrain_IsCollectedAtItsAge_AndNotBefore()
    {
        await Grain.TouchAsync();
        Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(2, await Grain.TouchAsync());
        Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(3, await Grain.TouchAsync());
        Advance(TimeSpan.FromMinutes(11));
        await Witness.Wait("timed deactivated ActivationIdle");
        Assert.Equal(1, await Grain.TouchAsync());
    }

    [Fact]
    public async Task CollectionAgeLimit_OfTheClass_Counts()
    {
        var grain = _host!.Services.GetRequiredService<IGrainFactory>().GetGrain<IShortLivedGrain>("short");
        Assert.Equal(1, await grain.TouchAsync());
        Advance(TimeSpan.FromMinutes(3));
        await Witness.Wait("short deactivated");
        Assert.Equal(1, await grain.TouchAsync());
    }

    [Fact]
    public async Task DelayDeactivation_KeepsTheGrain_UntilThen()
    {
        await Grain.DelayAsync(TimeSpan.FromMinutes(60));
        Advance(TimeSpan.FromMinutes(59));
        Assert.False(Witness.Happened("timed deactivated ActivationIdle"));
        Advance(TimeSpan.FromMinutes(15));
        await Witness.Wait("timed deactivated ActivationIdle");
    }

    [Fact]
    public async Task RunningCall_KeepsTheGrain()
    {
        var held = Grain.HoldForeverAsync();
        await Witness.Wait("holding");
        Advance(TimeSpan.FromMinutes(30));
        Assert.False(Witness.Happened("timed deactivated ActivationIdle"));
        await Assert.ThrowsAsync<TimeoutException>(() => held);
        Witness.Signal("gate");
    }

    [Fact]
    public async Task UnansweredCall_TimesOut_WhetherItRunsOrWaits()
    {
        var runs = Grain.HoldForeverAsync();
        await Witness.Wait("holding");
        var waits = Grain.TouchAsync();
        Advance(TimeSpan.FromSeconds(29));
        Assert.False(runs.IsCompleted || waits.IsCompleted);
        Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<TimeoutException>(() => runs);
        Assert.Contains("ITimedGrain.TouchAsync", (await Assert.ThrowsAsync<TimeoutException>(() => waits)).Message, StringComparison.Ordinal);

        // The call that timed out while it waited is not run any more.
        Witness.Signal("gate");
        Assert.Equal(1, await Grain.TouchAsync());
    }

    [Fact]
    public async Task ResponseTimeout_OfTheMethod_Counts()
    {
        var quick = Grain.HoldForAMomentAsync();
        await Witness.Wait("holding");
        Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<TimeoutException>(() => quick);
        Witness.Signal("gate");
    }

    [Fact]
    public async Task Timer_TicksAtItsTimes_AndStopsWithTheGrain()
    {
        await Grain.StartTimerAsync(hold: false, interleave: false, keepAlive: false);
        await TicksAsync(0);
        Advance(TimeSpan.FromSeconds(10));
        await TicksAsync(1);
        Advance(TimeSpan.FromSeconds(7));
        await TicksAsync(2);
        await Grain.LeaveAsync();
        await Witness.Wait("timed deactivated ApplicationRequested");
        Advance(TimeSpan.FromSeconds(50));
        await TicksAsync(2);
    }

    [Fact]
    public async Task Timer_NeverOverlapsItself_AndBlocksCallsUnlessItInterleaves()
    {
        await Grain.StartTimerAsync(hold: true, interleave: false, keepAlive: false);
        Advance(TimeSpan.FromSeconds(10));
        await Witness.Wait("tick 1");
        Advance(TimeSpan.FromSeconds(28));
        var touched = Grain.TouchAsync();
        Assert.Equal(1, await Grain.TicksAsync());
        Assert.False(touched.IsCompleted);
        Witness.Signal("tick gate");
        Assert.Equal(1, await touched);
        Advance(TimeSpan.FromSeconds(7));
        await TicksAsync(2);
    }

    [Fact]
    public async Task InterleavingTimer_LetsCallsThrough()
    {
        await Grain.StartTimerAsync(hold: true, interleave: true, keepAlive: false);
        Advance(TimeSpan.FromSeconds(10));
        await Witness.Wait("tick 1");
        Assert.Equal(1, await Grain.TouchAsync());
        Witness.Signal("tick gate");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Timer_KeepsTheGrain_OnlyIfAskedTo(bool keepAlive)
    {
        await Grain.StartTimerAsync(hold: false, interleave: false, keepAlive);
        if (!keepAlive)
        {
            // With a moment for the tick each time: an activation that is at work just then is left for the next collection.
            await Witness.Until(
                () =>
                {
                    Advance(TimeSpan.FromSeconds(11));
                    return Witness.Happened("timed deactivated ActivationIdle");
                },
                "the grain is collected between its ticks");
            return;
        }

        for (var minute = 0; minute < 30; minute++)
        {
            var before = Witness.Count("ticks");
            Advance(TimeSpan.FromMinutes(1));
            await Witness.Until(
                () =>
                {
                    if (Witness.Count("ticks") > before) return true;
                    Advance(TimeSpan.FromSeconds(1));
                    return false;
                },
                "the next tick");
        }

        Assert.False(Witness.Happened("timed deactivated ActivationIdle"));
    }

    [Fact]
    public async Task DisposedTimer_TicksNoMore()
    {
        await Grain.StartTimerAsync(hold: false, interleave: false, keepAlive: false);
        Advance(TimeSpan.FromSeconds(10));
        await TicksAsync(1);
        await Grain.StopTimerAsync();
        Advance(TimeSpan.FromSeconds(60));
        await TicksAsync(1);
    }

    [Fact]
    public async Task IdleReader_IsCutOff_AndTheGrainsSideEnds()
    {
        await using var reader = Grain.ManyAsync().GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        Advance(TimeSpan.FromSeconds(25));
        Assert.False(Witness.Happened("many ended"));
        Advance(TimeSpan.FromSeconds(40));
        await Witness.Wait("many ended");
        await Assert.ThrowsAsync<EnumerationAbortedException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task WaitingReader_IsNotCutOff()
    {
        await using var reader = Grain.LateAsync().GetAsyncEnumerator();
        var first = reader.MoveNextAsync();
        await Witness.Wait("late begun");
        Advance(TimeSpan.FromMinutes(20));
        Witness.Signal("late gate");
        Assert.True(await first);
        Assert.Equal(7, reader.Current);
    }

    [Fact]
    public async Task Idle_LeavesOnlyTheCollectionTimer()
    {
        await Grain.TouchAsync();
        Advance(TimeSpan.FromSeconds(5));
        await Witness.Until(() => _time.ArmedTimers == 1, "only the collection timer is armed");
    }

    // What fires inside the advance is only queued there: a test waits for the event that it sets off.
    private void Advance(TimeSpan by) => _time.Advance(by);

    private async Task TicksAsync(int expected)
    {
        await Witness.Until(() => Witness.Count("ticks") >= expected, $"{expected} ticks");
        await Grain.TicksAsync();
        Assert.Equal(expected, Witness.Count("ticks"));
    }
}
