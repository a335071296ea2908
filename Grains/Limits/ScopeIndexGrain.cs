using OrleansLlm.Catalog;
using OrleansLlm.Limits;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Limits;

/// <summary>Keeps one bucket of the list of scopes. Written behind: a crash forgets who was first seen in the last half minute.</summary>
[GrainType("scope-index")]
internal sealed class ScopeIndexGrain(
    [PersistentState(Names.ScopeIndexState, Names.StateStore)] IPersistentState<ScopeIndexState> state, ICatalog catalog, LimitServices services) : Grain, IScopeIndexGrain
{
    private static readonly TimeSpan WriteAfter = TimeSpan.FromSeconds(30);

    private IGrainTimer? _timer;
    private bool _dirty;

    public async Task SawAsync(string scope, bool isUser)
    {
        var seen = isUser ? state.State.Users : state.State.Limits;
        var (today, options) = (LimitKeeper.DayOf(services.Time.GetUtcNow()), catalog.Current.Settings.Limits);
        _dirty = true;
        _timer ??= this.RegisterGrainTimer(_ => WriteAsync(), new GrainTimerCreationOptions(WriteAfter, Timeout.InfiniteTimeSpan));
        foreach (var gone in ScopeSightings.See(seen, scope, today, ScopeBuckets.MaxEntries, options.ForgetAfterDays))
        {
            // The owner decides: it may have been seen meanwhile, or have a budget that must not be forgotten.
            ILimited grain = isUser ? GrainFactory.GetGrain<IUserGrain>(gone) : GrainFactory.GetGrain<ILimitGrain>(gone);
            if (await grain.ForgetUnlessSeenAsync(seen[gone])) seen.Remove(gone);
            else seen[gone] = today;
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _dirty ? state.WriteStateAsync(cancellationToken) : Task.CompletedTask;

    private async Task WriteAsync()
    {
        _timer?.Dispose();
        (_timer, _dirty) = (null, false);
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // What is listed is what the store says; who is missing comes again tomorrow.
            DeactivateOnIdle();
            throw;
        }
    }
}
