using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>Kept in the store, because answers in a shared one outlive every process.</summary>
[GrainType("cache-flush")]
internal sealed class CacheFlushGrain(
    [PersistentState(Names.CacheFlushState, Names.StateStore)] IPersistentState<CacheFlushState> state, TimeProvider time) : Grain, ICacheFlushGrain
{
    public async Task FlushAsync()
    {
        state.State.FlushedAt = time.GetUtcNow();
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }

    public Task<DateTimeOffset> GetLastAsync() => Task.FromResult(state.State.FlushedAt);
}

/// <summary>Stored under these names: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.CacheFlushState")]
public sealed class CacheFlushState
{
    [Id(0)] public DateTimeOffset FlushedAt { get; set; }
}
