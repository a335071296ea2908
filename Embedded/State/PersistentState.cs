using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>One state of one activation. Operations that overlap run one after the other, so each sees the etag of the one before.</summary>
internal sealed class PersistentState<TState>(string name, GrainId grain, IGrainStorage storage, StateSerializer states) : IPersistentState<TState>, IGrainState<TState>
{
    private Task _last = Task.CompletedTask;
    private TState? _state = states.Create<TState>();
    private bool _loaded;

    public TState State
    {
        get => _state!;
        set => _state = value;
    }

    TState? IGrainState<TState>.State
    {
        get => _state;
        set => _state = value;
    }

    public string? Etag { get; private set; }

    string? IGrainState<TState>.ETag
    {
        get => Etag;
        set => Etag = value;
    }

    bool IGrainState<TState>.RecordExists { get; set; }

    public bool RecordExists => _loaded
        ? ((IGrainState<TState>)this).RecordExists
        : throw new InvalidOperationException("State has not yet been loaded");

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ReadStateAsync(CancellationToken cancellationToken) =>
        _last = AfterAsync(_last, static self => self.Storage.ReadStateAsync(self.Name, self.Grain, self), cancellationToken);

    public Task WriteStateAsync(CancellationToken cancellationToken) =>
        _last = AfterAsync(_last, static self => self.Storage.WriteStateAsync(self.Name, self.Grain, self), cancellationToken);

    public Task ClearStateAsync(CancellationToken cancellationToken) =>
        _last = AfterAsync(_last, static self => self.Storage.ClearStateAsync(self.Name, self.Grain, self), cancellationToken);

    private string Name => name;

    private GrainId Grain => grain;

    private IGrainStorage Storage => storage;

    private async Task AfterAsync(Task earlier, Func<PersistentState<TState>, Task> operation, CancellationToken cancellationToken)
    {
        // How the earlier one ended is its own caller's to know.
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
        await operation(this);
        _loaded = true;
    }
}
