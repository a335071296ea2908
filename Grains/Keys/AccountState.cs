using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>What is stored of a key, a user or a team.</summary>
[GenerateSerializer, Alias("OrleansLlm.AccountState")]
public sealed class AccountState
{
    /// <summary>Null: there is none.</summary>
    [Id(0)] public Account? Account { get; set; }

    /// <summary>The change that made it what it is.</summary>
    [Id(1)] public string? LastChange { get; set; }

    /// <summary>Shorter lists (<see cref="AccountLists"/>) in which it may still stand and does not belong any more.</summary>
    [Id(45)] public List<string> Unlist { get; set; } = [];
}
