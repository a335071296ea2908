using Orleans.Concurrency;

namespace OrleansLlm.Engine;

public interface ITurnGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);

    ValueTask<string> KeyAsync();

    /// <summary>Notes its start and end and waits for the gate between them.</summary>
    Task HoldAsync(string name);

    [AlwaysInterleave]
    Task<int> PeekAsync();

    [AlwaysInterleave]
    Task HoldInterleavedAsync(string name);

    [ReadOnly]
    Task HoldReadAsync(string name);

    /// <summary>Reads a field, awaits, writes it back: loses an update when two of them overlap.</summary>
    Task UnsafeIncrementAsync();

    Task<bool> ResumesOnItsSchedulerAsync();

    Task FailAsync(string message);

    Task<string> AsyncLocalAsync(string? set);
}

internal sealed class TurnGrain(Witness witness) : Grain, ITurnGrain
{
    private static readonly AsyncLocal<string?> Ambient = new();
    private int _value;

    public Task<int> AddAsync(int amount) => Task.FromResult(_value += amount);

    public ValueTask<string> KeyAsync() => new(this.GetPrimaryKeyString());

    public Task HoldAsync(string name) => HoldCoreAsync(name);

    public Task<int> PeekAsync() => Task.FromResult(_value);

    public Task HoldInterleavedAsync(string name) => HoldCoreAsync(name);

    public Task HoldReadAsync(string name) => HoldCoreAsync(name);

    public async Task UnsafeIncrementAsync()
    {
        var seen = _value;
        await Task.Yield();
        _value = seen + 1;
    }

    public async Task<bool> ResumesOnItsSchedulerAsync()
    {
        var before = TaskScheduler.Current;
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Task.Run(() => { });
        return before == TaskScheduler.Current && before != TaskScheduler.Default;
    }

    public async Task FailAsync(string message)
    {
        await Task.Yield();
        ThrowHere(message);
    }

    public Task<string> AsyncLocalAsync(string? set)
    {
        var found = Ambient.Value ?? "";
        if (set is not null) Ambient.Value = set;
        return Task.FromResult(found);
    }

    private static void ThrowHere(string message) => throw new InvalidOperationException(message);

    private async Task HoldCoreAsync(string name)
    {
        var key = this.GetPrimaryKeyString();
        witness.Note(key, "+" + name);
        witness.Signal($"{key}/{name}/started");
        await witness.Wait($"{key}/{name}/gate");
        witness.Note(key, "-" + name);
    }
}
