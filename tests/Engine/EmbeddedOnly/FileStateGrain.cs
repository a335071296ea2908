namespace OrleansLlm.Engine.EmbeddedOnly;

public interface IFileStateGrain : IGrainWithStringKey
{
    Task<(int Count, string[] Names, string? Etag, bool Exists)> ReadAsync();

    Task<int> IncrementAsync(string name);

    Task ClearAsync();
}

internal sealed class FileStateGrain([PersistentState("tally", "file")] IPersistentState<Tally> tally) : Grain, IFileStateGrain
{
    public Task<(int Count, string[] Names, string? Etag, bool Exists)> ReadAsync() =>
        Task.FromResult<(int, string[], string?, bool)>((tally.State.Count, [.. tally.State.Names], tally.Etag, tally.RecordExists));

    public async Task<int> IncrementAsync(string name)
    {
        tally.State.Names.Add(name);
        tally.State.Count++;
        await tally.WriteStateAsync();
        return tally.State.Count;
    }

    public Task ClearAsync() => tally.ClearStateAsync();
}

public interface ITwoFileViewsGrain : IGrainWithStringKey
{
    Task WriteFirstAsync(int count);

    Task WriteSecondAsync(int count);

    Task<(int First, int Second)> ReadAsync();
}

internal sealed class TwoFileViewsGrain(
    [PersistentState("shared", "file")] IPersistentState<Tally> first,
    [PersistentState("shared", "file")] IPersistentState<Tally> second) : Grain, ITwoFileViewsGrain
{
    public Task WriteFirstAsync(int count)
    {
        first.State.Count = count;
        return first.WriteStateAsync();
    }

    public Task WriteSecondAsync(int count)
    {
        second.State.Count = count;
        return second.WriteStateAsync();
    }

    public Task<(int First, int Second)> ReadAsync() => Task.FromResult((first.State.Count, second.State.Count));
}
