using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>The stored <see cref="CatalogOverlay"/>, and which changes have been made last. Holds keys that administrators gave as they are.</summary>
[GenerateSerializer, Alias("OrleansLlm.CatalogState")]
public sealed class CatalogState
{
    private const int RememberedChanges = 64;

    [Id(0)] public long Version { get; set; }

    /// <summary>Id, entry, id, entry …</summary>
    [Id(1)] public List<string> Models { get; set; } = [];

    [Id(2)] public List<string> Deleted { get; set; } = [];

    /// <summary>Address, options, address, options …</summary>
    [Id(3)] public List<string> Backends { get; set; } = [];

    /// <summary>The ids of the newest changes, the oldest first.</summary>
    [Id(4)] public List<string> Changes { get; set; } = [];

    public CatalogOverlay ToOverlay() => new()
    {
        Version = Version,
        Models = [.. Models.Chunk(2).Select(m => new OverlayEntry(m[0], m[1]))],
        Deleted = [.. Deleted],
        Backends = [.. Backends.Chunk(2).Select(b => new OverlayEntry(b[0], b[1]))],
    };

    public CatalogState With(CatalogOverlay overlay, string changeId) => new()
    {
        Version = overlay.Version,
        Models = [.. overlay.Models.SelectMany(m => new[] { m.Key, m.Json })],
        Deleted = [.. overlay.Deleted],
        Backends = [.. overlay.Backends.SelectMany(b => new[] { b.Key, b.Json })],
        Changes = [.. Changes.Append(changeId).TakeLast(RememberedChanges)],
    };
}
