using Orleans.Concurrency;

namespace OrleansLlm.Routing;

/// <summary>
/// One public model name (the key). Orders the deployments that could serve it; whether one has a slot is the backend's decision.
/// </summary>
[Alias("OrleansLlm.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Candidates in the order in which they should be tried.</summary>
    [AlwaysInterleave]
    [Alias("Candidates")]
    Task<CandidateList> GetCandidatesAsync();
}
