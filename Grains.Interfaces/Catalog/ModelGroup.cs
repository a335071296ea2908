using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>A public model name and the deployments that serve it.</summary>
public sealed record ModelGroup(string Name, ImmutableArray<Deployment> Deployments)
{
    /// <summary>The name of the wildcard group that a requested name has matched; null: it was asked for by its own.</summary>
    public string? Pattern { get; init; }

    public bool IsWildcard => Name.Contains('*');

    /// <summary>By one of its deployments (<c>model_info.access_groups</c>): who may use that may use all of it.</summary>
    public bool IsInAccessGroup(string name)
    {
        foreach (var deployment in Deployments)
        {
            if (deployment.AccessGroups.Contains(name)) return true;
        }

        return false;
    }

    public Deployment? Find(string deploymentId)
    {
        foreach (var deployment in Deployments)
        {
            if (deployment.Id == deploymentId) return deployment;
        }

        return null;
    }
}
