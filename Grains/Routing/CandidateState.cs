using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <param name="Backend">The backend's own view, where the strategy asked for it; null otherwise or when it did not answer.</param>
/// <param name="IsSilent">It was asked and did not answer.</param>
internal sealed record CandidateState(Deployment Deployment, BackendSnapshot? Backend, bool IsSilent = false)
{
    /// <summary>What the backend knows of this deployment; null when it knows nothing.</summary>
    public DeploymentSnapshot? Own { get; } = Backend is null || Backend.Deployments.IsDefaultOrEmpty ? null : Backend.Deployments.FirstOrDefault(d => d.Id == Deployment.Id);

    /// <summary>By the latest news it would refuse now: it goes last, whatever the strategy says, because news may be old.</summary>
    public bool WouldRefuse => IsSilent || Backend is { Circuit: CircuitState.Open } or { Draining: true } || Own is { SidelinedFor: not null } or { OverLimit: true };
}
