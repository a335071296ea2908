using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>What administrators have changed against the configuration file. Every process lays it over its own copy of the file.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CatalogOverlay")]
public sealed record CatalogOverlay
{
    public static CatalogOverlay None { get; } = new();

    /// <summary>Goes up by one with each change; 0: nothing was ever changed.</summary>
    [Id(0)] public long Version { get; init; }

    /// <summary>Deployments that stand in place of the file's with the same id, or beside the file's.</summary>
    [Id(1)] public ImmutableArray<OverlayEntry> Models { get; init; } = [];

    /// <summary>Ids of the file's deployments that are left out.</summary>
    [Id(2)] public ImmutableArray<string> Deleted { get; init; } = [];

    /// <summary>Options of backends by their address, in place of the file's <c>gateway_settings.backends</c>.</summary>
    [Id(3)] public ImmutableArray<OverlayEntry> Backends { get; init; } = [];
}

/// <summary>One entry as JSON, in the shape that it has in the configuration file.</summary>
/// <param name="Key">The id of a deployment, or the address of a backend.</param>
/// <param name="Json">References such as <c>os.environ/NAME</c> unresolved. Secret: it may hold a key.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.OverlayEntry")]
public sealed record OverlayEntry([property: Id(0)] string Key, [property: Id(1)] string Json)
{
    /// <summary>What begins the JSON of an entry that is encrypted, and that no key of this process opens.</summary>
    public const string SealedPrefix = "sealed:1:";

    public bool IsSealed => Json.StartsWith(SealedPrefix, StringComparison.Ordinal);

    /// <summary>Without what may be secret.</summary>
    public override string ToString() => Key;
}
