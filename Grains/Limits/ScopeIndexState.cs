namespace OrleansLlm.Grains.Limits;

/// <summary>One bucket of the list of scopes: the day, counted from the year 1, on which each was last used.</summary>
[GenerateSerializer, Alias("OrleansLlm.ScopeIndexState")]
public sealed class ScopeIndexState
{
    /// <summary>User grains.</summary>
    [Id(0)] public Dictionary<string, int> Users { get; set; } = [];

    /// <summary>Limit grains.</summary>
    [Id(1)] public Dictionary<string, int> Limits { get; set; } = [];
}
