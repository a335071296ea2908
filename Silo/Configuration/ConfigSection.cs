using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Reads one mapping key by key and reports each: a value of the wrong type is an error that names the key, its line and what was
/// expected; keys that nobody asked for are reported by <see cref="Finish"/>.
/// </summary>
internal sealed class ConfigSection(ConfigMap map, string path, ConfigReport report, string? knownAs = null)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly string _knownAs = knownAs ?? path;

    public ConfigReport Report => report;

    public string Path => path;

    public int Line => map.Line;

    public string PathOf(string key) => ConfigReport.Join(path, key);

    /// <summary>The value of a key, without a report; null when it is absent.</summary>
    public ConfigEntry? Take(string key)
    {
        report.LooksFor(ConfigReport.Join(_knownAs, key));
        _taken.Add(key);
        foreach (var entry in map.Entries)
        {
            if (entry.Key == key) return entry;
        }

        return null;
    }

    /// <summary>Without asking for it: it is still somebody's to read.</summary>
    public bool Has(string key) => map.Find(key) is ConfigScalar { Text: not null } or ConfigMap or ConfigList;

    public string? String(string key, string? note = null)
    {
        if (Take(key) is not { } entry) return null;
        if (entry.Value is ConfigScalar scalar)
        {
            report.Honoured(PathOf(key), entry.Line, note);
            return scalar.Text;
        }

        return Wrong<string>(entry, "text");
    }

    public bool? Bool(string key, string? note = null)
    {
        if (Take(key) is not { } entry) return null;
        if (entry.Value is ConfigScalar { Text: null }) return null;
        if ((entry.Value as ConfigScalar)?.AsBool() is not { } value)
        {
            Wrong<object>(entry, "true or false");
            return null;
        }

        report.Honoured(PathOf(key), entry.Line, note);
        return value;
    }

    public double? Number(string key, double least = 0, double most = double.MaxValue, string? note = null)
    {
        if (Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        if ((entry.Value as ConfigScalar)?.AsNumber() is not { } value || value < least || value > most)
        {
            Wrong<object>(entry, most < double.MaxValue ? $"a number from {least} to {most}" : $"a number of at least {least}");
            return null;
        }

        report.Honoured(PathOf(key), entry.Line, note);
        return value;
    }

    public int? Int(string key, int least = 0, int most = int.MaxValue, string? note = null)
    {
        if (Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        if ((entry.Value as ConfigScalar)?.AsNumber() is not { } value || value < least || value > most || value != Math.Floor(value))
        {
            Wrong<object>(entry, most < int.MaxValue ? $"a whole number from {least} to {most}" : $"a whole number of at least {least}");
            return null;
        }

        report.Honoured(PathOf(key), entry.Line, note);
        return (int)value;
    }

    /// <summary>A time in seconds.</summary>
    public TimeSpan? Seconds(string key, double least = 0.001, string? note = null) =>
        Number(key, least, TimeSpan.FromDays(30).TotalSeconds, note) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public ImmutableArray<string>? Strings(string key, string? note = null)
    {
        if (Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        if (entry.Value is ConfigScalar { Text: { } one })
        {
            report.Honoured(PathOf(key), entry.Line, note);
            return [one];
        }

        if (entry.Value is not ConfigList list || list.Items.Any(i => i is not ConfigScalar { Text: not null }))
        {
            Wrong<object>(entry, "a list of names");
            return null;
        }

        report.Honoured(PathOf(key), entry.Line, note);
        return [.. list.Items.Select(i => ((ConfigScalar)i).Text!)];
    }

    public ConfigMap? Map(string key)
    {
        if (Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        return entry.Value as ConfigMap ?? Wrong<ConfigMap>(entry, "a mapping");
    }

    public ConfigList? List(string key)
    {
        if (Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        return entry.Value as ConfigList ?? Wrong<ConfigList>(entry, "a list");
    }

    public void Ignore(string key, string why)
    {
        if (_taken.Contains(key)) return;
        _taken.Add(key);
        foreach (var entry in map.Entries)
        {
            if (entry.Key == key) report.Ignored(PathOf(key), entry.Line, why);
        }
    }

    /// <summary>A key that would keep somebody out, and does not here: more than a note.</summary>
    public void NotEnforced(string key, string instead)
    {
        if (!_taken.Add(key)) return;
        foreach (var entry in map.Entries.Where(e => e.Key == key)) report.Warning(PathOf(key), entry.Line, $"not enforced here: {instead}");
    }

    /// <summary>The section as it stands in the file, references unresolved, in a canonical form.</summary>
    public string RawText() => map.ToRawText();

    /// <summary>The keys that nobody has asked for.</summary>
    public IEnumerable<ConfigEntry> Rest() => map.Entries.Where(e => !_taken.Contains(e.Key));

    /// <summary>Reports the keys that nobody has asked for.</summary>
    public void Finish(string why = "unknown key")
    {
        foreach (var entry in Rest()) report.Ignored(PathOf(entry.Key), entry.Line, why);
    }

    public T? Wrong<T>(ConfigEntry entry, string expected)
        where T : class
    {
        report.Error(PathOf(entry.Key), entry.Line, $"expected {expected}, found {entry.Value.Describe()}");
        return null;
    }
}
