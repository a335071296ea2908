using Orleans.Concurrency;

namespace OrleansLlm.Routing;

/// <summary>
/// One public model name (the key). Orders the deployments that could serve it; whether one has a slot is the backend's decision.
/// </summary>
[Alias("OrleansLlm.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Candidates in the order in which they should be tried. Of very many with the same <c>order</c>, some of them by chance come first, as a tier of their own.</summary>
    [AlwaysInterleave]
    [Alias("Candidates")]
    Task<CandidateList> GetCandidatesAsync();

    /// <summary>The same, for a request of a conversation: where there are very many candidates, it meets some of them each time.</summary>
    /// <param name="conversation">The same for all of its requests (<see cref="Backends.QueueTerms.Conversation"/>); null: it is none.</param>
    [AlwaysInterleave]
    [Alias("CandidatesFor")]
    Task<CandidateList> GetCandidatesForAsync(ulong? conversation);
}
