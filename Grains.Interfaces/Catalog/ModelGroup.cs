using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>A public model name and the deployments that serve it.</summary>
public sealed record ModelGroup(string Name, ImmutableArray<Deployment> Deployments)
{
    /// <summary>The name of the wildcard group that a requested name has matched; null: it was asked for by its own.</summary>
    public string? Pattern { get; init; }

    public bool IsWildcard => Name.Contains('*');

    public Deployment? Find(string deploymentId)
    {
        foreach (var deployment in Deployments)
        {
            if (deployment.Id == deploymentId) return deployment;
        }

        return null;
    }
}
