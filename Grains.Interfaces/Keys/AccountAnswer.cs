namespace OrleansLlm.Keys;

/// <summary>A wish to store an account as it should be.</summary>
/// <param name="Expected">The version that the change was made from; 0: it must be new.</param>
/// <param name="ChangeId">A repeated change is answered as the first was.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AccountWrite")]
public sealed record AccountWrite([property: Id(0)] Account Account, [property: Id(1)] long Expected, [property: Id(2)] string ChangeId);

[GenerateSerializer, Immutable, Alias("OrleansLlm.AccountAnswer")]
public abstract record AccountAnswer;

/// <param name="Account">As it is stored now; of a deletion, as it was.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AccountDone")]
public sealed record AccountDone([property: Id(0)] Account Account) : AccountAnswer;

/// <summary>Nothing was changed.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AccountRefused")]
public sealed record AccountRefused([property: Id(0)] AccountRefusal Why) : AccountAnswer;

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.AccountRefusal")]
public enum AccountRefusal
{
    /// <summary>It was to be new and is there.</summary>
    Exists = 0,

    /// <summary>It was to be changed and is not there.</summary>
    NotFound = 1,

    /// <summary>Somebody else has changed it: read it again.</summary>
    Changed = 2,

    /// <summary>The index has no room for another one.</summary>
    Full = 3,
}
