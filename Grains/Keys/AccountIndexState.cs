namespace OrleansLlm.Grains.Keys;

/// <summary>One bucket of the list of accounts.</summary>
[GenerateSerializer, Alias("OrleansLlm.AccountIndexState")]
public sealed class AccountIndexState
{
    /// <summary>Its own entries, in the order of their ids; none in one that was split.</summary>
    [Id(0)] public List<AccountIndexRow> Rows { get; set; } = [];

    /// <summary>How many entries each of the sixteen below it has; empty: it was not split.</summary>
    [Id(30)] public List<int> Below { get; set; } = [];

    /// <summary>Of the 256: the shorter lists have its entries, old ones as well.</summary>
    [Id(45)] public bool Listed { get; set; }
}

[GenerateSerializer, Alias("OrleansLlm.AccountIndexRow")]
public sealed class AccountIndexRow
{
    [Id(0)] public string Id { get; set; } = "";

    [Id(1)] public string? Alias { get; set; }

    [Id(2)] public string? UserId { get; set; }

    [Id(3)] public string? TeamId { get; set; }
}
