namespace OrleansLlm.Silo.Configuration;

/// <summary>A configuration file with those that it includes (LiteLLM's <c>include</c>), read as often as somebody looks.</summary>
internal sealed class ConfigFiles(string path)
{
    public const int MostFiles = 100;

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
    private (string Text, IReadOnlyList<string> Names) _last = ("", []);

    /// <param name="whole">A <see cref="WholeText"/>.</param>
    /// <returns>Null, or in one sentence why the file cannot be read. What is wrong with one that it includes is in the text.</returns>
    public string? TryRead(out string whole)
    {
        if (ConfigFile.TryRead(path, out whole) is { } problem) return problem;
        if (_last.Text != whole) _last = (whole, Includes.NamesIn(whole));
        if (_last.Names.Count > 0) whole = WholeText.Of(whole, Included(_last.Names));
        return null;
    }

    /// <summary>Those of the others as well, all beside the first, as LiteLLM looks for them. Each once.</summary>
    private List<IncludedText> Included(IReadOnlyList<string> names)
    {
        var included = new List<IncludedText>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { Path.GetFullPath(path) };
        var ahead = new Queue<string>(names);
        while (ahead.TryDequeue(out var name) && included.Count < MostFiles)
        {
            if (!seen.Add(Path.GetFullPath(name, _folder))) continue;
            var problem = ConfigFile.TryRead(Path.GetFullPath(name, _folder), out var text);
            included.Add(new IncludedText(name, text, problem));
            foreach (var more in Includes.NamesIn(text)) ahead.Enqueue(more);
        }

        return included;
    }
}
