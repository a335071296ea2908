using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <param name="Backend">The backend's own view, where the strategy asked for it; null otherwise or when it did not answer.</param>
internal sealed record CandidateState(Deployment Deployment, BackendSnapshot? Backend);
