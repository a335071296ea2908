using Orleans.Concurrency;

namespace OrleansLlm.Limits;

/// <summary>
/// One bucket of the list of scopes that have something stored (the grain's key: see <see cref="ScopeBuckets"/>), with the day each was last
/// used: so that what is kept of callers who never come back does not stay for ever.
/// </summary>
[Alias("OrleansLlm.IScopeIndexGrain")]
public interface IScopeIndexGrain : IGrainWithStringKey
{
    /// <summary>The scope is in use today. Told once a day; makes others be forgotten that were not for long.</summary>
    /// <param name="isUser">It is a user grain and not a limit grain.</param>
    [OneWay]
    [Alias("Saw")]
    Task SawAsync(string scope, bool isUser);
}
