namespace OrleansLlm.Grains.Keys;

/// <summary>One bucket of the list of accounts, in the order of their ids.</summary>
[GenerateSerializer, Alias("OrleansLlm.AccountIndexState")]
public sealed class AccountIndexState
{
    [Id(0)] public List<AccountIndexRow> Rows { get; set; } = [];
}

[GenerateSerializer, Alias("OrleansLlm.AccountIndexRow")]
public sealed class AccountIndexRow
{
    [Id(0)] public string Id { get; set; } = "";

    [Id(1)] public string? Alias { get; set; }

    [Id(2)] public string? UserId { get; set; }

    [Id(3)] public string? TeamId { get; set; }
}
