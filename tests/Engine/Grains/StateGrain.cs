namespace OrleansLlm.Engine;

[GenerateSerializer, Alias("tests.Tally")]
public sealed class Tally
{
    [Id(0)]
    public int Count { get; set; }

    [Id(1)]
    public List<string> Names { get; set; } = [];
}

public interface IStateGrain : IGrainWithStringKey
{
    Task<(int Count, string[] Names, string? Etag, bool Exists)> ReadAsync();

    Task<int> IncrementAsync(string name);

    Task ChangeWithoutWritingAsync();

    Task ClearAsync();

    Task ReloadAsync();

    Task<string> ActivationAsync();

    Task LeaveAsync();
}

internal sealed class StateGrain([PersistentState("tally", EngineFixture.Store)] IPersistentState<Tally> tally, Witness witness) : Grain, IStateGrain
{
    private readonly string _activation = witness.Add("activations").ToString(System.Globalization.CultureInfo.InvariantCulture);

    public Task<(int Count, string[] Names, string? Etag, bool Exists)> ReadAsync() =>
        Task.FromResult<(int, string[], string?, bool)>((tally.State.Count, [.. tally.State.Names], tally.Etag, tally.RecordExists));

    public async Task<int> IncrementAsync(string name)
    {
        tally.State.Count++;
        tally.State.Names.Add(name);
        await tally.WriteStateAsync();
        return tally.State.Count;
    }

    public Task ChangeWithoutWritingAsync()
    {
        tally.State.Count = 1_000_000;
        return Task.CompletedTask;
    }

    public Task ClearAsync() => tally.ClearStateAsync();

    public Task ReloadAsync() => tally.ReadStateAsync();

    public Task<string> ActivationAsync() => Task.FromResult(_activation);

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Two views of one record: what the second writes, the first has not seen.</summary>
public interface ITwoViewsGrain : IGrainWithStringKey
{
    Task WriteFirstAsync(int count);

    Task WriteSecondAsync(int count);

    Task<(int First, int Second)> ReadAsync();
}

internal sealed class TwoViewsGrain(
    [PersistentState("shared", EngineFixture.Store)] IPersistentState<Tally> first,
    [PersistentState("shared", EngineFixture.Store)] IPersistentState<Tally> second) : Grain, ITwoViewsGrain
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
