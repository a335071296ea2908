using System.Text.RegularExpressions;

namespace OrleansLlm.Silo.Configuration;

/// <summary>What became of every key of a configuration file. Collects; never throws.</summary>
internal sealed partial class ConfigReport
{
    private readonly List<ConfigFinding> _findings = [];
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);
    private readonly IncludedLines _lines = new();

    /// <summary>In the order of the file, and of those that it includes.</summary>
    public IEnumerable<ConfigFinding> Findings =>
        _findings.OrderBy(f => f.Line).ThenBy(f => f.Path, StringComparer.Ordinal).Select(f => f with { Line = IncludedLines.LineOf(f.Line), File = _lines.FileOf(f.Line) });

    public bool HasErrors => _findings.Any(f => f.Kind == FindingKind.Error);

    /// <summary>Every key that the readers look for, list indices as <c>[]</c> and free names as <c>*</c>.</summary>
    public IReadOnlySet<string> Known => _known;

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    public void LooksFor(string path) => _known.Add(Index().Replace(path, "[]"));

    public void Honoured(string path, int line, string? note = null) => Add(FindingKind.Honoured, path, line, note);

    /// <summary>Where both are honoured, only the second is.</summary>
    public void Overruled(string path, string by)
    {
        if (!_findings.Exists(f => f.Kind is FindingKind.Honoured or FindingKind.Translated && f.Path == by)) return;
        for (var i = 0; i < _findings.Count; i++)
        {
            if (_findings[i].Kind == FindingKind.Honoured && _findings[i].Path == path) _findings[i] = _findings[i] with { Kind = FindingKind.Ignored, Text = $"{by} says it as well, and counts" };
        }
    }

    public void Translated(string path, int line, string to) => Add(FindingKind.Translated, path, line, to);

    public void Ignored(string path, int line, string why) => Add(FindingKind.Ignored, path, line, why);

    /// <summary>A whole deployment that cannot be served: the rest of the file still is, as LiteLLM does it, but louder.</summary>
    public void LeftOut(string path, int line, string why) => Add(FindingKind.LeftOut, path, line, why);

    public void Warning(string path, int line, string what) => Add(FindingKind.Warning, path, line, what);

    public void Error(string path, int line, string what) => Add(FindingKind.Error, path, line, what);

    public void Unset(string path, int line, string variable) =>
        Add(FindingKind.Warning, path, line, $"the environment variable {variable} is not set");

    /// <summary>What is told from now on stands in an included file; null: in the first one again.</summary>
    public void Begin(string? file) => _lines.Begin(file);

    /// <inheritdoc cref="IncludedLines.Here(int)"/>
    public int Here(int line) => _lines.Here(line);

    /// <inheritdoc cref="IncludedLines.Here(int)"/>
    public ConfigNode Here(ConfigNode node) => _lines.Here(node);

    private void Add(FindingKind kind, string path, int line, string? text) => _findings.Add(new ConfigFinding(kind, path, _lines.Here(line), text));

    [GeneratedRegex(@"\[\d+\]", RegexOptions.CultureInvariant)]
    private static partial Regex Index();
}

internal sealed record ConfigFinding(FindingKind Kind, string Path, int Line, string? Text)
{
    /// <summary>By its name in <c>include</c>; null: the configuration file itself.</summary>
    public string? File { get; init; }

    /// <summary>The key, and the file unless it is the first one.</summary>
    public string Place => File is null ? Path : $"{File}: {Path}";
}

internal enum FindingKind
{
    Honoured,
    Translated,
    Ignored,
    LeftOut,
    Warning,
    Error,
}
