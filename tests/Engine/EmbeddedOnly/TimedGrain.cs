using System.Runtime.CompilerServices;
using Orleans.Concurrency;

namespace OrleansLlm.Engine.EmbeddedOnly;

public interface ITimedGrain : IGrainWithStringKey
{
    Task<int> TouchAsync();

    Task DelayAsync(TimeSpan span);

    Task LeaveAsync();

    Task HoldForeverAsync();

    [ResponseTimeout("00:00:02")]
    Task HoldForAMomentAsync();

    Task StartTimerAsync(bool hold, bool interleave, bool keepAlive);

    Task StopTimerAsync();

    [AlwaysInterleave]
    Task<int> TicksAsync();

    IAsyncEnumerable<int> ManyAsync(CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> LateAsync();
}

internal sealed class TimedGrain(Witness witness) : Grain, ITimedGrain
{
    private int _touched;
    private IGrainTimer? _timer;

    public Task<int> TouchAsync() => Task.FromResult(++_touched);

    public Task DelayAsync(TimeSpan span)
    {
        DelayDeactivation(span);
        return Task.CompletedTask;
    }

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task HoldForeverAsync()
    {
        witness.Signal("holding");
        return witness.Wait("gate");
    }

    public Task HoldForAMomentAsync() => HoldForeverAsync();

    public Task StartTimerAsync(bool hold, bool interleave, bool keepAlive)
    {
        _timer = this.RegisterGrainTimer(
            async (bool held) =>
            {
                witness.Signal($"tick {witness.Add("ticks")}");
                if (held) await witness.Wait("tick gate");
            },
            hold,
            new GrainTimerCreationOptions { DueTime = TimeSpan.FromSeconds(10), Period = TimeSpan.FromSeconds(7), Interleave = interleave, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task StopTimerAsync()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task<int> TicksAsync() => Task.FromResult(witness.Count("ticks"));

    public async IAsyncEnumerable<int> ManyAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (var i = 0; i < 1_000; i++) yield return i;
            await Task.CompletedTask;
        }
        finally
        {
            witness.Signal("many ended");
        }
    }

    public async IAsyncEnumerable<int> LateAsync()
    {
        witness.Signal("late begun");
        await witness.Wait("late gate");
        yield return 7;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        witness.Signal($"timed deactivated {reason.ReasonCode}");
        return Task.CompletedTask;
    }
}

public interface IShortLivedGrain : IGrainWithStringKey
{
    Task<int> TouchAsync();
}

[CollectionAgeLimit(Minutes = 2)]
internal sealed class ShortLivedGrain(Witness witness) : Grain, IShortLivedGrain
{
    private int _touched;

    public Task<int> TouchAsync() => Task.FromResult(++_touched);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        witness.Signal("short deactivated");
        return Task.CompletedTask;
    }
}
