using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Engine;

public sealed class LifecycleTests(EngineFixture engine)
{
    private readonly string _key = $"life-{TestContext.Current.Test!.UniqueID}";

    private ILifeGrain Grain => engine.Grains.GetGrain<ILifeGrain>(_key);

    [Fact]
    public async Task DeactivateOnIdle_EndsTheActivation_AndTheNextCallMakesANewOne()
    {
        Assert.Equal(1, await Grain.TouchAsync());
        Assert.Equal(2, await Grain.TouchAsync());
        await Grain.LeaveAsync();
        Assert.Equal(1, await Grain.TouchAsync());
        await engine.Witness.Wait($"{_key}/disposed");
        Assert.Equal(["activating", "activated", "deactivated ApplicationRequested", "activating", "activated"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task DeactivateOnIdle_WaitsForTheRunningCall_AndLaterCallsWaitForANewActivation()
    {
        Assert.Equal(1, await Grain.TouchAsync());
        var leaving = Grain.LeaveAndHoldAsync();
        await engine.Witness.Wait($"{_key}/leaving");
        var waiting = Enumerable.Range(0, 20).Select(_ => Grain.TouchAsync()).ToArray();
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        engine.Witness.Signal($"{_key}/left");
        await leaving;
        Assert.Equal(Enumerable.Range(1, 20), await Task.WhenAll(waiting));
        Assert.Equal(
            ["activating", "activated", "last turn", "deactivated ApplicationRequested", "activating", "activated"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task FailedActivation_FailsTheWaitingCalls_AndTheNextCallTriesAgain()
    {
        engine.Witness.Add($"{_key}/failures");
        engine.Witness.Signal($"{_key}/slow");
        var calls = Enumerable.Range(0, 3).Select(_ => Grain.TouchAsync()).ToArray();
        await Witness.Until(() => engine.Witness.Log(_key).Length > 0, "activation began");
        engine.Witness.Signal($"{_key}/activate");
        foreach (var call in calls) Assert.Equal("not today", (await Assert.ThrowsAsync<InvalidOperationException>(() => call)).Message);
        Assert.Equal(1, await Grain.TouchAsync());
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task SeededReactivations_LoseNoCallUntold(int seed)
    {
        var grain = engine.Grains.GetGrain<IStateGrain>($"{_key}-{seed}");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + client);
            for (var i = 0; i < 40; i++)
            {
                await AgainWhenRejectedAsync(() => grain.IncrementAsync(""));
                if (random.Next(8) == 0) await AgainWhenRejectedAsync(grain.LeaveAsync);
            }
        })));
        Assert.Equal(640, (await grain.ReadAsync()).Count);
    }

    /// <summary>A call that meets deactivations again and again may be rejected, unrun: then it is made again.</summary>
    private static async Task AgainWhenRejectedAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (OrleansMessageRejectionException)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task HostStop_DeactivatesWhatLives()
    {
        using var host = await EngineFixture.StartAsync();
        var witness = host.Services.GetRequiredService<Witness>();
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(_key).TouchAsync();
        await host.StopAsync();
        Assert.Equal(["activating", "activated", "deactivated ShuttingDown"], witness.Log(_key));
    }
}
