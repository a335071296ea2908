namespace OrleansLlm.Api.Usage;

/// <summary>Whose rows the ledger of this node has: what shows them says so.</summary>
/// <param name="IsOfThisNodeAlone">Other nodes are there at this moment, and keep theirs apart.</param>
public sealed record LedgerReach(Func<bool> IsOfThisNodeAlone)
{
    public static LedgerReach Everybody { get; } = new(() => false);
}
