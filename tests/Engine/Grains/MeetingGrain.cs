namespace OrleansLlm.Engine;

public interface IMeetingGrain : IGrainWithStringKey
{
    Task<string> NameAsync();

    Task<string> AskAsync(IMeetingGrain other);

    Task<IMeetingGrain> SelfAsync();

    Task<IHostedGrain> OtherFaceAsync();
}

public interface IHostedGrain : IGrainWithStringKey
{
    Task<(bool SameScope, bool OwnScope, string State)> ServicesAsync();
}

/// <summary>A service of which every activation gets its own.</summary>
public sealed class ScopedThing(Witness witness) : IDisposable
{
    public int Number { get; } = witness.Add("scoped");

    public void Dispose() => witness.Signal($"scoped {Number} disposed");
}

internal sealed class MeetingGrain(
    [PersistentState("tally", EngineFixture.Store)] IPersistentState<Tally> tally,
    ScopedThing thing,
    IGrainFactory grains) : Grain, IMeetingGrain, IHostedGrain
{
    public Task<string> NameAsync() => Task.FromResult(this.GetPrimaryKeyString());

    public Task<string> AskAsync(IMeetingGrain other) => other.NameAsync();

    public Task<IMeetingGrain> SelfAsync() => Task.FromResult(this.AsReference<IMeetingGrain>());

    public Task<IHostedGrain> OtherFaceAsync() => Task.FromResult(this.AsReference<IHostedGrain>());

    public Task<(bool SameScope, bool OwnScope, string State)> ServicesAsync()
    {
        var again = (ScopedThing)ServiceProvider.GetService(typeof(ScopedThing))!;
        return Task.FromResult((ReferenceEquals(thing, again), thing.Number > 0 && ReferenceEquals(grains, GrainFactory), tally.State.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }
}
