using Orleans.Concurrency;

namespace OrleansLlm.Engine;

public interface IReentrantGrain : IGrainWithStringKey
{
    Task HoldAsync(string name);
}

[Reentrant]
internal sealed class ReentrantGrain(Witness witness) : Grain, IReentrantGrain
{
    public async Task HoldAsync(string name)
    {
        var key = this.GetPrimaryKeyString();
        witness.Signal($"{key}/{name}/started");
        await witness.Wait($"{key}/{name}/gate");
    }
}

/// <summary>Counts who is inside at every await, to catch turns that overlap when they must not.</summary>
public interface ICrowdGrain : IGrainWithStringKey
{
    Task ExclusiveAsync(int awaits);

    [ReadOnly]
    Task ReadAsync(int awaits);

    [AlwaysInterleave]
    Task InterleaveAsync(int awaits);

    [AlwaysInterleave]
    Task<int> ViolationsAsync();
}

internal sealed class CrowdGrain : Grain, ICrowdGrain
{
    private int _exclusive;
    private int _reading;
    private int _onThread;
    private int _violations;

    public async Task ExclusiveAsync(int awaits)
    {
        if (_exclusive > 0 || _reading > 0) _violations++;
        _exclusive++;
        for (var i = 0; i < awaits; i++) await StepAsync();
        _exclusive--;
    }

    public async Task ReadAsync(int awaits)
    {
        if (_exclusive > 0) _violations++;
        _reading++;
        for (var i = 0; i < awaits; i++) await StepAsync();
        _reading--;
    }

    public async Task InterleaveAsync(int awaits)
    {
        for (var i = 0; i < awaits; i++) await StepAsync();
    }

    public Task<int> ViolationsAsync() => Task.FromResult(_violations);

    private async Task StepAsync()
    {
        // Between two awaits nobody else is on a thread of this grain.
        if (Interlocked.Increment(ref _onThread) != 1) Interlocked.Increment(ref _violations);
        Thread.SpinWait(50);
        Interlocked.Decrement(ref _onThread);
        await Task.Yield();
    }
}
