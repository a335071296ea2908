using OrleansLlm.Catalog;
using OrleansLlm.Limits;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Limits;

/// <summary>What every grain with limits does alike: it asks its <see cref="LimitKeeper"/>.</summary>
/// <param name="write">Stores its state.</param>
/// <param name="clear">Forgets it.</param>
internal abstract class LimitedGrain(Func<CancellationToken, Task> write, Func<CancellationToken, Task> clear, LimitServices services) : Grain, ILimited
{
    protected LimitKeeper Keeper { get; private set; } = null!;

    /// <summary>Those of the configuration, as it is now.</summary>
    protected abstract RateLimits Limits { get; }

    /// <summary>Whose they are, for the client.</summary>
    protected abstract string Holder { get; }

    /// <summary>What of its state the keeper keeps.</summary>
    protected abstract LimitState Kept { get; }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Keeper = new LimitKeeper(this, Holder, Limits, Kept, write, services);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Keeper.CloseAsync(cancellationToken);

    public async Task<Admission> AdmitAsync(LimitRequest request)
    {
        Keeper.Follow(request.Own, Limits);
        var (answer, isNew) = await Keeper.AdmitAsync(request);
        if (isNew) Began();
        return answer;
    }

    public Task RenewAsync(string requestId)
    {
        Keeper.Renew(requestId);
        return Task.CompletedTask;
    }

    public async Task SettleAsync(Settlement settlement)
    {
        var passedOn = Keeper.ForSuccessor(settlement);
        if (Keeper.Settle(settlement)) Ended(settlement);
        Keeper.StoreSpend();
        if (passedOn is not null) await Peer(Keeper.Successor!).SettleAsync(passedOn);
        if (Keeper.MayGo) await Keeper.ForgetAsync(clear);
    }

    public Task<BudgetStanding> GetSpendAsync(RateLimits? own)
    {
        Keeper.Follow(own, Limits);
        return Task.FromResult(Keeper.Spend);
    }

    public Task ResetSpendAsync(double spent, RateLimits? own)
    {
        Keeper.Follow(own, Limits);
        return Keeper.SetSpendAsync(spent);
    }

    public async Task HandOverAsync(string successor, RateLimits? own)
    {
        if (Keeper.Successor == successor) return;
        // Whoever settles meanwhile waits for the end of this call, and is then told to the other.
        await Peer(successor).ResetSpendAsync(Keeper.Spend.Spent, own);
        await Keeper.HandOverAsync(successor);
    }

    public Task TakeBackAsync(string successor) => Keeper.Successor == successor ? Keeper.HandOverAsync(null) : Task.CompletedTask;

    public Task ForgetAsync() => Keeper.StaysForThoseWhoRun() ? Task.CompletedTask : Keeper.ForgetAsync(clear);

    public async Task<bool> ForgetUnlessSeenAsync(int day)
    {
        if (Keeper.IsNeeded(day)) return false;
        await Keeper.ForgetAsync(clear);
        return true;
    }

    /// <summary>A request has been admitted that was not known before.</summary>
    protected virtual void Began()
    {
    }

    /// <summary>A request that was running has been settled.</summary>
    protected virtual void Ended(Settlement settlement)
    {
    }

    private ILimited Peer(string scope) => this is IUserGrain ? GrainFactory.GetGrain<IUserGrain>(scope) : GrainFactory.GetGrain<ILimitGrain>(scope);
}
