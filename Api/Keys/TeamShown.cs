using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>A team with whom and what belongs to it.</summary>
/// <param name="Members">The first of them.</param>
/// <param name="Keys">The first of them.</param>
internal sealed record TeamShown(SpentAccount Team, IReadOnlyList<Account> Members, int TotalMembers, IReadOnlyList<SpentAccount> Keys, int TotalKeys);
