using OrleansLlm.Catalog;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>The limits of one key, team or model, or of the whole gateway.</summary>
[GrainType("limit")]
internal sealed class LimitGrain(
    [PersistentState(Names.LimitState, Names.StateStore)] IPersistentState<LimitState> state, ICatalog catalog, LimitServices services)
    : LimitedGrain(state.WriteStateAsync, state.ClearStateAsync, services), ILimitGrain
{
    protected override RateLimits Limits => catalog.Current.Settings.Limits.OfScope(this.GetPrimaryKeyString());

    protected override string Holder => Describe(this.GetPrimaryKeyString());

    protected override LimitState Kept => state.State;

    /// <summary>For the client: a key is not shown, not even by its hash.</summary>
    private static string Describe(string scope)
    {
        if (scope == LimitScopes.All) return "this gateway";
        if (LimitScopes.ParsePerModel(scope) is var (holder, model)) return $"model: {model}, of this {holder[..holder.IndexOf(':', StringComparison.Ordinal)]}";
        return scope.StartsWith(LimitScopes.KeyPrefix, StringComparison.Ordinal) ? "key" : scope.Replace(":", ": ", StringComparison.Ordinal);
    }
}
