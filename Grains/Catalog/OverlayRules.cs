using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>What a change makes of an overlay, or why it is refused. Plain: no engine, no time.</summary>
internal static class OverlayRules
{
    public const int MostEntries = 1000;
    public const int MostDeleted = 10_000;
    public const int MostCharacters = 64 << 10;

    /// <returns>The next overlay, null when the change is refused; and what to answer.</returns>
    public static (CatalogOverlay? Next, ChangeAnswer Answer) Make(CatalogOverlay overlay, CatalogChange change, ICatalogCompiler compiler)
    {
        var compiled = compiler.Compile(overlay);
        var (next, ids, refusal) = change switch
        {
            AddModel add => Add(overlay, add, compiled),
            UpdateModel update => Update(overlay, update, compiled),
            DeleteModel delete => Delete(overlay, [delete.Id], compiled, $"No deployment has the id '{delete.Id}'."),
            AddBackend add => AddBackend(overlay, add, compiled),
            RemoveBackend remove => Remove(overlay, remove, compiled),
            ResetCatalog => new Made(new CatalogOverlay { Version = overlay.Version }, [], null),
            _ => throw new ArgumentOutOfRangeException(nameof(change)),
        };
        if (next is null) return (null, refusal!);
        next = next with { Version = overlay.Version + 1 };
        if (TooMuch(next)) return (null, new ChangeRefused(ChangeRefusal.Full, $"No more than {MostEntries} added entries of up to {MostCharacters} characters and {MostDeleted} deleted ones are kept: move some to the configuration file."));
        var problems = compiler.Compile(next).Problems;
        var wrong = next.Models.Except(overlay.Models).Concat(next.Backends.Except(overlay.Backends)).Select(e => problems.GetValueOrDefault(e.Key)).OfType<string>().ToList();
        return wrong.Count == 0
            ? (next, new ChangeMade(next.Version, ids))
            : (null, new ChangeRefused(ChangeRefusal.Invalid, string.Join(" ", wrong)));
    }

    private static Made Add(CatalogOverlay overlay, AddModel add, CompiledCatalog compiled)
    {
        if (compiled.Sources.ContainsKey(add.Id)) return Refuse(ChangeRefusal.Exists, $"There is a deployment with the id '{add.Id}'.");
        var entry = EntryJson.Parse(add.Entry);
        return entry is null
            ? Refuse(ChangeRefusal.Invalid, "A JSON object is expected.")
            : new Made(Put(overlay, add.Id, EntryJson.WithId(entry, add.Id)), [add.Id], null);
    }

    private static Made Update(CatalogOverlay overlay, UpdateModel update, CompiledCatalog compiled)
    {
        if (!compiled.Sources.TryGetValue(update.Id, out var source)) return Refuse(ChangeRefusal.NotFound, $"No deployment has the id '{update.Id}'.");
        return EntryJson.Parse(update.Entry) is { } patch
            ? new Made(Put(overlay, update.Id, EntryJson.WithId(EntryJson.Merge(EntryJson.Parse(source)!, patch), update.Id)), [update.Id], null)
            : Refuse(ChangeRefusal.Invalid, "A JSON object is expected.");
    }

    private static Made Delete(CatalogOverlay overlay, ImmutableArray<string> ids, CompiledCatalog compiled, string notFound)
    {
        if (ids.IsEmpty || ids.Any(id => !compiled.Sources.ContainsKey(id) && !overlay.Models.Any(m => m.Key == id))) return Refuse(ChangeRefusal.NotFound, notFound);
        // Also those that were added: the file may have one with the same id, on this node or on another.
        var next = overlay with
        {
            Models = overlay.Models.RemoveAll(m => ids.Contains(m.Key)),
            Deleted = [.. overlay.Deleted.Union(ids)],
        };
        return new Made(next, ids, null);
    }

    private static Made AddBackend(CatalogOverlay overlay, AddBackend add, CompiledCatalog compiled)
    {
        var next = overlay;
        var ids = ImmutableArray.CreateBuilder<string>();
        foreach (var name in add.Models)
        {
            if (compiled.Catalog.Groups.FirstOrDefault(g => g.Name == name) is not { } group || !compiled.Sources.TryGetValue(group.Deployments[0].Id, out var source))
            {
                return Refuse(ChangeRefusal.NotFound, $"No model is named '{name}': add it with /model/new.");
            }

            var id = $"{name}@{add.Address}";
            next = Put(next, id, EntryJson.WithId(EntryJson.WithAddress(EntryJson.Parse(source)!, name, add.Address), id));
            ids.Add(id);
        }

        var known = compiled.Catalog.Backends.Values.Any(b => Same(b.Url, add.Address));
        if (add.Models.IsEmpty && !known) return Refuse(ChangeRefusal.Invalid, "models is missing: the groups that the new backend serves.");
        if (add.Options is { } options) next = next with { Backends = [.. next.Backends.Where(b => b.Key != add.Address), new OverlayEntry(add.Address, options)] };
        return new Made(next, ids.ToImmutable(), null);
    }

    private static Made Remove(CatalogOverlay overlay, RemoveBackend remove, CompiledCatalog compiled)
    {
        var ids = compiled.Catalog.Groups.SelectMany(g => g.Deployments).Where(d => d.Backend == remove.Name).Select(d => d.Id).ToImmutableArray();
        var made = Delete(overlay, ids, compiled, $"No backend is named '{remove.Name}'.");
        if (made.Next is not { } next) return made;
        var url = compiled.Catalog.Backends[remove.Name].Url;
        return made with { Next = next with { Backends = next.Backends.RemoveAll(b => Same(url, b.Key)) } };
    }

    /// <summary>In its place, or at the end.</summary>
    private static CatalogOverlay Put(CatalogOverlay overlay, string id, string json)
    {
        var entry = new OverlayEntry(id, json);
        var at = overlay.Models.Select(m => m.Key).ToList().IndexOf(id);
        return overlay with
        {
            Models = at < 0 ? overlay.Models.Add(entry) : overlay.Models.SetItem(at, entry),
            Deleted = overlay.Deleted.Remove(id),
        };
    }

    private static bool Same(Uri url, string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var other) && Uri.Compare(url, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool TooMuch(CatalogOverlay overlay) =>
        overlay.Models.Length + overlay.Backends.Length > MostEntries || overlay.Deleted.Length > MostDeleted
        || overlay.Models.Concat(overlay.Backends).Any(e => e.Key.Length + e.Json.Length > MostCharacters);

    private static Made Refuse(ChangeRefusal reason, string message) => new(null, [], new ChangeRefused(reason, message));

    private sealed record Made(CatalogOverlay? Next, ImmutableArray<string> Ids, ChangeRefused? Refusal);
}
