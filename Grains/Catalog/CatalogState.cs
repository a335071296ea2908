using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>The stored <see cref="CatalogOverlay"/>, and which changes have been made last. Entries of models may hold keys, and are stored as <see cref="SealedEntry"/> has them.</summary>
[GenerateSerializer, Alias("OrleansLlm.CatalogState")]
public sealed class CatalogState
{
    private const int RememberedChanges = 64;

    [Id(0)] public long Version { get; set; }

    /// <summary>Id, entry, id, entry …; an entry is sealed, or of a time before there were keys and in the clear.</summary>
    [Id(1)] public List<string> Models { get; set; } = [];

    [Id(2)] public List<string> Deleted { get; set; } = [];

    /// <summary>Address, options, address, options …</summary>
    [Id(3)] public List<string> Backends { get; set; } = [];

    /// <summary>The ids of the newest changes, the oldest first.</summary>
    [Id(4)] public List<string> Changes { get; set; } = [];

    public CatalogOverlay ToOverlay(StateKeys keys) => new()
    {
        Version = Version,
        Models = [.. Models.Chunk(2).Select(m => SealedEntry.Open(m[0], m[1], keys))],
        Deleted = [.. Deleted],
        Backends = [.. Backends.Chunk(2).Select(b => new OverlayEntry(b[0], b[1]))],
    };

    public CatalogState With(CatalogOverlay overlay, string changeId, StateKeys keys) => new()
    {
        Version = overlay.Version,
        Models = [.. overlay.Models.SelectMany(m => new[] { m.Key, SealedEntry.Seal(m, keys) })],
        Deleted = [.. overlay.Deleted],
        Backends = [.. overlay.Backends.SelectMany(b => new[] { b.Key, b.Json })],
        Changes = [.. Changes.Append(changeId).TakeLast(RememberedChanges)],
    };

    /// <summary>The same with every entry sealed as it would be now; null: they are.</summary>
    public CatalogState? Resealed(StateKeys keys)
    {
        if (Models.Chunk(2).All(m => SealedEntry.IsUpToDate(m[0], m[1], keys))) return null;
        return new CatalogState
        {
            Version = Version,
            Models = [.. Models.Chunk(2).SelectMany(m => new[] { m[0], SealedEntry.Seal(SealedEntry.Open(m[0], m[1], keys), keys) })],
            Deleted = Deleted,
            Backends = Backends,
            Changes = Changes,
        };
    }
}
