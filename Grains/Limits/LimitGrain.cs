using OrleansLlm.Catalog;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>The limits of one key, team or model, or of the whole gateway.</summary>
[GrainType("limit")]
internal sealed class LimitGrain(
    [PersistentState(Names.LimitState, Names.StateStore)] IPersistentState<LimitState> state, ICatalog catalog, LimitServices services) : Grain, ILimitGrain
{
    private LimitKeeper _keeper = null!;

    private RateLimits Limits => catalog.Current.Settings.Limits.OfScope(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _keeper = new LimitKeeper(this, Describe(this.GetPrimaryKeyString()), Limits, state.State, state.WriteStateAsync, services);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _keeper.CloseAsync(cancellationToken);

    public async Task<Admission> AdmitAsync(LimitRequest request)
    {
        _keeper.Follow(request.Own, Limits);
        return (await _keeper.AdmitAsync(request)).Answer;
    }

    public Task RenewAsync(string requestId)
    {
        _keeper.Renew(requestId);
        return Task.CompletedTask;
    }

    public Task SettleAsync(Settlement settlement)
    {
        _keeper.Settle(settlement);
        _keeper.StoreSpend();
        return Task.CompletedTask;
    }

    public Task<BudgetStanding> GetSpendAsync(RateLimits? own)
    {
        _keeper.Follow(own, Limits);
        return Task.FromResult(_keeper.Spend);
    }

    public Task ResetSpendAsync(double spent, RateLimits? own)
    {
        _keeper.Follow(own, Limits);
        return _keeper.SetSpendAsync(spent);
    }

    public Task ForgetAsync() => _keeper.ForgetAsync(state.ClearStateAsync);

    public async Task<bool> ForgetUnlessSeenAsync(int day)
    {
        if (_keeper.IsNeeded(day)) return false;
        await ForgetAsync();
        return true;
    }

    /// <summary>For the client: a key is not shown, not even by its hash.</summary>
    private static string Describe(string scope)
    {
        if (scope == LimitScopes.All) return "this gateway";
        if (LimitScopes.ParsePerModel(scope) is var (holder, model)) return $"model: {model}, of this {holder[..holder.IndexOf(':', StringComparison.Ordinal)]}";
        return scope.StartsWith(LimitScopes.KeyPrefix, StringComparison.Ordinal) ? "key" : scope.Replace(":", ": ", StringComparison.Ordinal);
    }
}
