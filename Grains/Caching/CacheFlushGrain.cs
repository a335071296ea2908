using Microsoft.Extensions.Logging;
using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>Kept in the store, because answers in a shared one outlive every process.</summary>
[GrainType("cache-flush")]
internal sealed class CacheFlushGrain(
    [PersistentState(Names.CacheFlushState, Names.StateStore)] IPersistentState<CacheFlushState> state, TimeProvider time,
    ILogger<CacheFlushGrain> logger) : Grain, ICacheFlushGrain
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

    public async Task<DateTimeOffset> GetLastAsync()
    {
        if (state.State.FlushedAt <= time.GetUtcNow() + FlushMark.Ahead) return state.State.FlushedAt;
        // The clock was ahead when it was written, and has been set right. As it stands no answer would be kept until then: it is as if it were done now.
        logger.FlushMovedBack(state.State.FlushedAt);
        try
        {
            await FlushAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // In this process it holds all the same, and the next one does it again.
            logger.StoreFailed(e);
        }

        return state.State.FlushedAt;
    }
}

/// <summary>Stored under these names: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.CacheFlushState")]
public sealed class CacheFlushState
{
    [Id(0)] public DateTimeOffset FlushedAt { get; set; }
}
