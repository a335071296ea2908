namespace OrleansLlm.Bench.Gateways;

/// <summary>Something that answers chat completions and can be measured. Disposing it stops what the bench has started.</summary>
internal sealed class Target(string name, Func<int, bool, Uri> address, string key, params IEnumerable<IAsyncDisposable> owned) : IAsyncDisposable
{
    private readonly IAsyncDisposable[] _owned = [.. owned];

    public string Name => name;

    public string Key => key;

    /// <summary>Whose CPU and memory are its; none where they are not known.</summary>
    public IReadOnlyCollection<int> Processes { get; init; } = [];

    /// <summary>Bytes that its process has allocated so far; null where it does not say.</summary>
    public Func<Task<double?>> Allocated { get; init; } = () => Task.FromResult<double?>(null);

    /// <summary>Where a user's requests go.</summary>
    public Uri AddressFor(int user, bool oneSlot) => address(user, oneSlot);

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned) await one.DisposeAsync();
    }
}
