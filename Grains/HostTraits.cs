namespace OrleansLlm.Grains;

/// <summary>What the grains may assume of the host they run in, whichever engine it is.</summary>
/// <param name="HoldersOutliveBackends">
/// A request may still run when the backend grain that gave it its slot is gone, because they live in different processes.
/// </param>
public sealed record HostTraits(bool HoldersOutliveBackends)
{
    /// <summary>Whether there is, at this moment, another process in which what this one does not begin any more may begin.</summary>
    public Func<bool> HasOthers { get; init; } = () => HoldersOutliveBackends;
}
