using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Overlay;

/// <summary>
/// Lays administrators' changes over the file before anything reads it, so that the readers know nothing of them. An entry that cannot be
/// served is left out: it must not keep a process from following its file.
/// </summary>
internal sealed class OverlayMerge(EnvironmentReferences environment, Func<string, string?> variable)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ImmutableDictionary<string, string>.Builder _sources = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, string>.Builder _problems = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);

    /// <summary>The entries of <c>model_list</c> by id, as JSON, references unresolved.</summary>
    public ImmutableDictionary<string, string> Sources => _sources.ToImmutable();

    /// <summary>What is wrong with the overlay's entries, by their keys.</summary>
    public ImmutableDictionary<string, string> Problems => _problems.ToImmutable();

    public ConfigMap Apply(ConfigMap file, CatalogOverlay overlay)
    {
        var added = new List<(string Id, ConfigNode Entry)>();
        foreach (var (id, json) in overlay.Models)
        {
            if (Try(id, json, file, "model_list", entry => new ConfigList(0, [entry])) is { } entry) added.Add((id, entry));
        }

        var deleted = overlay.Deleted.ToHashSet(StringComparer.Ordinal);
        var ids = new DeploymentIds();
        var merged = file;
        foreach (var key in (string[])["model_list", "models"])
        {
            if (file.Find(key) is ConfigList list) merged = merged.With(key, list with { Items = [.. Merge(list, ids, added, deleted)] });
        }

        if (added.Count > 0)
        {
            var list = merged.Find("model_list") as ConfigList ?? new ConfigList(0, []);
            foreach (var (id, entry) in added) Keep(id, entry);
            merged = merged.With("model_list", list with { Items = [.. list.Items, .. added.Select(a => a.Entry)] });
        }

        return overlay.Backends.IsEmpty ? merged : MergeBackends(merged, overlay.Backends);
    }

    /// <summary>The file's entries without those that are deleted, the changed ones in their places; these are taken off <paramref name="added"/>.</summary>
    private IEnumerable<ConfigNode> Merge(ConfigList list, DeploymentIds ids, List<(string Id, ConfigNode Entry)> added, HashSet<string> deleted)
    {
        foreach (var item in list.Items)
        {
            var id = ids.Next(item, out var numbered);
            if (id is not null && deleted.Contains(id)) continue;
            var at = id is null ? -1 : added.FindIndex(a => a.Id == id);
            var entry = at >= 0 ? added[at].Entry : numbered ? WithId((ConfigMap)item, id!) : item;
            if (at >= 0) added.RemoveAt(at);
            if (id is not null) Keep(id, entry);
            yield return entry;
        }
    }

    private ConfigMap MergeBackends(ConfigMap root, ImmutableArray<OverlayEntry> backends)
    {
        var settings = root.Find("gateway_settings") as ConfigMap ?? new ConfigMap(0, []);
        var map = settings.Find("backends") as ConfigMap ?? new ConfigMap(0, []);
        foreach (var (address, json) in backends)
        {
            if (Try(address, json, ConfigMap.Empty, "gateway_settings", options => Map("backends", Map(address, options))) is not { } options) continue;
            var same = map.Entries.FirstOrDefault(e => Addresses.TryParse(e.Key, out var a) && Addresses.TryParse(address, out var b) && Addresses.Normalise(a) == Addresses.Normalise(b));
            map = map.With(same?.Key ?? address, options);
        }

        return root.With("gateway_settings", settings.With("backends", map));
    }

    /// <summary>The entry, once a file that holds it alone could be served.</summary>
    private ConfigNode? Try(string key, string json, ConfigMap file, string section, Func<ConfigNode, ConfigNode> alone)
    {
        var report = new ConfigReport();
        ConfigNode entry;
        try
        {
            using var document = JsonDocument.Parse(json);
            entry = JsonConfig.Read(document.RootElement, "", environment, report);
        }
        catch (JsonException)
        {
            _problems[key] = json.StartsWith(OverlayEntry.SealedPrefix, StringComparison.Ordinal)
                ? "It cannot be decrypted: LITELLM_SALT_KEY, or without one the master key, is not the one it was stored with. /model/delete forgets it."
                : "It is not JSON.";
            return null;
        }

        var root = new ConfigMap(0, []).With(section, alone(entry));
        if (file.Find("environment_variables") is { } variables) root = root.With("environment_variables", variables);
        ConfigLoader.Load(root, variable, report);
        var wrong = report.Findings.Where(f => f.Kind is FindingKind.Error or FindingKind.LeftOut || (section == "gateway_settings" && f.Kind == FindingKind.Ignored))
            .Select(f => $"{f.Path.Replace("model_list[0].", "", StringComparison.Ordinal)}: {f.Text}.").ToList();
        if (wrong.Count == 0) return entry;
        _problems[key] = string.Join(" ", wrong);
        return null;
    }

    private void Keep(string id, ConfigNode entry) => _sources[id] = entry.ToSourceJson()!.ToJsonString(Plain);

    private static ConfigMap WithId(ConfigMap entry, string id) =>
        entry.With("model_info", (entry.Find("model_info") as ConfigMap ?? new ConfigMap(entry.Line, [])).With("id", new ConfigScalar(entry.Line, id, false, id)));

    private static ConfigMap Map(string key, ConfigNode value) => new ConfigMap(0, []).With(key, value);
}
