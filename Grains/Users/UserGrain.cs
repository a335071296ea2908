using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Limits;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Users;

/// <summary>
/// Keeps a user to its limits, and counts. The totals are written behind, every few seconds and when the activation goes: a crash costs at
/// most the totals of those seconds. Of the limits it costs nothing, see <see cref="LimitKeeper"/>.
/// </summary>
[GrainType("user")]
internal sealed class UserGrain(
    [PersistentState(Names.UserState, Names.StateStore)] IPersistentState<UserState> state, ICatalog catalog, LimitServices services) : Grain, IUserGrain
{
    private LimitKeeper _keeper = null!;

    private RateLimits Limits => catalog.Current.Settings.Limits.OfCaller(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _keeper = new LimitKeeper(this, Describe(this.GetPrimaryKeyString()), Limits, state.State.Limits, state.WriteStateAsync, services);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _keeper.CloseAsync(cancellationToken);

    public async Task<Admission> AdmitAsync(LimitRequest request)
    {
        _keeper.Follow(request.Own, Limits);
        var (answer, isNew) = await _keeper.AdmitAsync(request);
        if (isNew) state.State.Requests++;
        return answer;
    }

    public Task RenewAsync(string requestId)
    {
        _keeper.Renew(requestId);
        return Task.CompletedTask;
    }

    public Task SettleAsync(Settlement settlement)
    {
        if (_keeper.Settle(settlement))
        {
            if (settlement.Withdrawn) state.State.Requests--;
            state.State.PromptTokens += settlement.PromptTokens;
            state.State.CompletionTokens += settlement.CompletionTokens;
        }

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

    public async Task EraseAsync()
    {
        (state.State.Requests, state.State.PromptTokens, state.State.CompletionTokens) = (0, 0, 0);
        await _keeper.StoreAsync();
    }

    public Task<UserUsage> GetUsageAsync() =>
        Task.FromResult(new UserUsage(state.State.Requests, _keeper.Running, state.State.PromptTokens, state.State.CompletionTokens));

    private static string Describe(string user) =>
        user.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal) ? $"user: {user[LimitScopes.UserPrefix.Length..]}" : "user";
}
