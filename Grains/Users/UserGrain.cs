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
    : LimitedGrain<UserState>(state, services), IUserGrain
{
    private readonly IPersistentState<UserState> _state = state;

    protected override RateLimits Limits => catalog.Current.Settings.Limits.OfCaller(this.GetPrimaryKeyString());

    protected override string Holder => Describe(this.GetPrimaryKeyString());

    protected override LimitState Kept => _state.State.Limits;

    public async Task EraseAsync()
    {
        (_state.State.Requests, _state.State.PromptTokens, _state.State.CompletionTokens) = (0, 0, 0);
        await Keeper.StoreAsync();
    }

    public Task<UserUsage> GetUsageAsync() =>
        Task.FromResult(new UserUsage(_state.State.Requests, Keeper.Running, _state.State.PromptTokens, _state.State.CompletionTokens));

    protected override void Began() => _state.State.Requests++;

    protected override void Ended(Settlement settlement)
    {
        if (settlement.Withdrawn) _state.State.Requests--;
        _state.State.PromptTokens += settlement.PromptTokens;
        _state.State.CompletionTokens += settlement.CompletionTokens;
    }

    private static string Describe(string user) =>
        user.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal) ? $"user: {user[LimitScopes.UserPrefix.Length..]}" : "user";
}
