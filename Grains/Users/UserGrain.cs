using OrleansLlm.Users;

namespace OrleansLlm.Grains.Users;

/// <summary>
/// Admits everyone and counts. The totals are written behind, every few seconds and when the activation goes: a request never waits
/// for the store, and a crash costs at most the counts of those seconds.
/// </summary>
[GrainType("user")]
internal sealed class UserGrain([PersistentState(Names.UserState, Names.StateStore)] IPersistentState<UserState> state) : Grain, IUserGrain
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private IGrainTimer? _writer;
    private bool _dirty;

    public Task<Admission> AdmitAsync(string requestId)
    {
        if (_running.Add(requestId))
        {
            state.State.Requests++;
            Changed();
        }

        return Task.FromResult<Admission>(Admitted.Instance);
    }

    public Task SettleAsync(Settlement settlement)
    {
        if (_running.Remove(settlement.RequestId))
        {
            state.State.PromptTokens += settlement.PromptTokens;
            state.State.CompletionTokens += settlement.CompletionTokens;
            Changed();
        }

        return Task.CompletedTask;
    }

    public Task<UserUsage> GetUsageAsync() =>
        Task.FromResult(new UserUsage(state.State.Requests, _running.Count, state.State.PromptTokens, state.State.CompletionTokens));

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => WriteAsync(cancellationToken);

    private void Changed()
    {
        _dirty = true;
        _writer ??= this.RegisterGrainTimer(WriteAsync, new GrainTimerCreationOptions(WriteEvery, WriteEvery));
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (!_dirty)
        {
            // Nothing has changed for a whole period: an idle user costs no timer.
            _writer?.Dispose();
            _writer = null;
            return;
        }

        _dirty = false;
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        catch
        {
            _dirty = true;
            throw;
        }
    }
}
