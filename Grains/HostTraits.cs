namespace OrleansLlm.Grains;

/// <summary>What the grains may assume of the host they run in, whichever engine it is.</summary>
/// <param name="HoldersOutliveBackends">
/// A request may still run when the backend grain that gave it its slot is gone, because they live in different processes.
/// </param>
public sealed record HostTraits(bool HoldersOutliveBackends)
{
    /// <summary>There are other processes, in which what this one cannot go on with may begin again.</summary>
    public bool HasOthers => HoldersOutliveBackends;
}
