using OrleansLlm.Sessions;

namespace OrleansLlm.Grains.Sessions;

/// <summary>The shell around <see cref="SessionRules"/>.</summary>
[GrainType("sessions")]
internal sealed class SessionsGrain(
    [PersistentState(Names.SessionState, Names.StateStore)] IPersistentState<SessionsState> state, TimeProvider time) : Grain, ISessionsGrain
{
    public Task BeginAsync(string secretHash, string mask)
    {
        SessionRules.Begin(state.State, secretHash, mask, time.GetUtcNow());
        return StoreAsync(state.WriteStateAsync);
    }

    public async Task<string?> UseAsync(string secretHash)
    {
        var (known, store) = SessionRules.Use(state.State, secretHash, time.GetUtcNow());
        if (store) await StoreAsync(state.WriteStateAsync);
        // Whoever guesses must not fill the memory with grains.
        if (state.State.Sessions.Count == 0) DeactivateOnIdle();
        return known ? state.State.Mask : null;
    }

    public async Task EndAsync(string secretHash)
    {
        if (!SessionRules.End(state.State, secretHash)) return;
        await StoreAsync(state.State.Sessions.Count == 0 ? state.ClearStateAsync : state.WriteStateAsync);
    }

    /// <summary>An outcome that is not known is found out by the next activation.</summary>
    private async Task StoreAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }
}
