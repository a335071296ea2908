using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>What became of a <see cref="CatalogChange"/>.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ChangeAnswer")]
public abstract record ChangeAnswer;

/// <summary>It is stored.</summary>
/// <param name="Version">Of the overlay that has it.</param>
/// <param name="Ids">The deployments concerned.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ChangeMade")]
public sealed record ChangeMade([property: Id(0)] long Version, [property: Id(1)] ImmutableArray<string> Ids) : ChangeAnswer;

/// <summary>Nothing has changed.</summary>
/// <param name="Message">For the administrator.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ChangeRefused")]
public sealed record ChangeRefused([property: Id(0)] ChangeRefusal Reason, [property: Id(1)] string Message) : ChangeAnswer;

[GenerateSerializer, Alias("OrleansLlm.ChangeRefusal")]
public enum ChangeRefusal
{
    /// <summary>The entry cannot be served as it stands.</summary>
    Invalid = 0,

    /// <summary>No deployment, group or backend has this name.</summary>
    NotFound = 1,

    /// <summary>There is one with this id.</summary>
    Exists = 2,

    /// <summary>As many changes are kept as may be.</summary>
    Full = 3,
}
