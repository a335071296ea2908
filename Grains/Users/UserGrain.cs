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
    [PersistentState(Names.UserState, Names.StateStore)] IPersistentState<UserState> state, ICatalog catalog, LimitServices services)
    : LimitedGrain(state.WriteStateAsync, state.ClearStateAsync, services), IUserGrain
{
    protected override RateLimits Limits => catalog.Current.Settings.Limits.OfCaller(this.GetPrimaryKeyString());

    protected override string Holder => Describe(this.GetPrimaryKeyString());

    protected override LimitState Kept => state.State.Limits;

    public async Task EraseAsync()
    {
        (state.State.Requests, state.State.PromptTokens, state.State.CompletionTokens) = (0, 0, 0);
        await Keeper.StoreAsync();
    }

    public Task<UserUsage> GetUsageAsync() =>
        Task.FromResult(new UserUsage(state.State.Requests, Keeper.Running, state.State.PromptTokens, state.State.CompletionTokens));

    protected override void Began() => state.State.Requests++;

    protected override void Ended(Settlement settlement)
    {
        if (settlement.Withdrawn) state.State.Requests--;
        state.State.PromptTokens += settlement.PromptTokens;
        state.State.CompletionTokens += settlement.CompletionTokens;
    }

    private static string Describe(string user) =>
        user.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal) ? $"user: {user[LimitScopes.UserPrefix.Length..]}" : "user";
}
