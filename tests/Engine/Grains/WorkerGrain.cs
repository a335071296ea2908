using Orleans.Concurrency;

namespace OrleansLlm.Engine;

public interface IWorkerGrain : IGrainWithStringKey
{
    Task<int> WorkAsync(string name);
}

[StatelessWorker(3)]
internal sealed class WorkerGrain(Witness witness) : Grain, IWorkerGrain
{
    private readonly int _number = witness.Add("workers");
    private bool _busy;

    public async Task<int> WorkAsync(string name)
    {
        Assert.False(_busy);
        _busy = true;
        var key = this.GetPrimaryKeyString();
        witness.Add($"{key}/started");
        await witness.Wait($"{key}/gate");
        _busy = false;
        return _number;
    }
}

public interface INotifyGrain : IGrainWithStringKey
{
    [OneWay]
    Task HoldAsync();

    [OneWay]
    Task FailAsync();

    [OneWay]
    void Tell(string what);

    Task<string[]> ToldAsync();
}

internal sealed class NotifyGrain(Witness witness) : Grain, INotifyGrain
{
    private readonly List<string> _told = [];

    public async Task HoldAsync()
    {
        await witness.Wait($"{this.GetPrimaryKeyString()}/gate");
        _told.Add("held");
    }

    public Task FailAsync() => throw new InvalidOperationException("nobody hears this");

    public void Tell(string what) => _told.Add(what);

    public Task<string[]> ToldAsync() => Task.FromResult(_told.ToArray());
}
