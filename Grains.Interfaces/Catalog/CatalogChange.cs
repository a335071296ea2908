using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>One change that an administrator asks for. The texts are JSON objects in the shape of the configuration file and may hold secrets.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CatalogChange")]
public abstract record CatalogChange
{
    /// <summary>Of the request that asks: a change that arrives twice is made once.</summary>
    [Id(0)] public required string ChangeId { get; init; }

    /// <summary>Without what may be secret.</summary>
    public sealed override string ToString() => GetType().Name;
}

/// <summary>A deployment beside the others. Refused when there is one with its id.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AddModel")]
public sealed record AddModel : CatalogChange
{
    [Id(0)] public required string Id { get; init; }

    /// <summary>A whole entry of <c>model_list</c>.</summary>
    [Id(1)] public required string Entry { get; init; }
}

/// <summary>Other parameters for a deployment, the file's or an added one.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.UpdateModel")]
public sealed record UpdateModel : CatalogChange
{
    [Id(0)] public required string Id { get; init; }

    /// <summary>What is to be different; a parameter set to null is taken away.</summary>
    [Id(1)] public required string Entry { get; init; }
}

[GenerateSerializer, Immutable, Alias("OrleansLlm.DeleteModel")]
public sealed record DeleteModel : CatalogChange
{
    [Id(0)] public required string Id { get; init; }
}

/// <summary>A backend that serves groups which others serve already, or other options for one that is there.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AddBackend")]
public sealed record AddBackend : CatalogChange
{
    /// <summary>As <c>api_base</c> of its deployments.</summary>
    [Id(0)] public required string Address { get; init; }

    /// <summary>As in <c>gateway_settings.backends</c>; null: not said.</summary>
    [Id(1)] public string? Options { get; init; }

    /// <summary>Groups that get a deployment there: a copy of their first one, at this address.</summary>
    [Id(2)] public ImmutableArray<string> Models { get; init; } = [];
}

/// <summary>Every deployment at a backend is deleted.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.RemoveBackend")]
public sealed record RemoveBackend : CatalogChange
{
    [Id(0)] public required string Name { get; init; }
}

/// <summary>Everything is as the file says again.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ResetCatalog")]
public sealed record ResetCatalog : CatalogChange;
