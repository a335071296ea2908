using System.Collections.Immutable;

namespace OrleansLlm.Routing;

/// <summary>Deployments by preference, best first. Empty when no configured deployment serves the model.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CandidateList")]
public sealed record CandidateList([property: Id(0)] ImmutableArray<Candidate> Candidates)
{
    /// <summary>A first token later than this is late for the model, and a second candidate is asked as well; null: the model does not hedge.</summary>
    [Id(1)] public TimeSpan? HedgeAfter { get; init; }
}

/// <param name="DeploymentId">A <see cref="Catalog.Deployment.Id"/>.</param>
/// <param name="Backend">The key of the backend grain that owns its slots.</param>
/// <param name="Tier">Lower tiers are used up before higher ones are asked (LiteLLM's <c>order</c>).</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Candidate")]
public sealed record Candidate(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] string Backend,
    [property: Id(2)] int Tier);
