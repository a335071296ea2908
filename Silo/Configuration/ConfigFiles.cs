namespace OrleansLlm.Silo.Configuration;

/// <summary>A configuration file with those that it includes (LiteLLM's <c>include</c>), read as often as somebody looks.</summary>
internal sealed class ConfigFiles(string path)
{
    public const int MostFiles = 100;

    private readonly string _path = Path.GetFullPath(path);
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";

    /// <summary>What each file had in it at the last look, and includes: most looks find nothing new.</summary>
    private Dictionary<string, (string Text, IReadOnlyList<string> Names)> _last = [];

    /// <param name="whole">A <see cref="WholeText"/>.</param>
    /// <returns>Null, or in one sentence why the file cannot be read. What is wrong with one that it includes is in the text.</returns>
    public string? TryRead(out string whole)
    {
        if (ConfigFile.TryRead(path, out whole) is { } problem) return problem;
        var read = new Dictionary<string, (string Text, IReadOnlyList<string> Names)>(StringComparer.Ordinal);
        var included = Included(NamesIn(_path, whole, read), read);
        _last = read;
        if (included.Count > 0) whole = WholeText.Of(whole, included);
        return null;
    }

    /// <summary>Those of the others as well, all beside the first, as LiteLLM looks for them. Each once.</summary>
    private List<IncludedText> Included(IReadOnlyList<string> names, Dictionary<string, (string Text, IReadOnlyList<string> Names)> read)
    {
        var included = new List<IncludedText>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { _path };
        var ahead = new Queue<string>(names);
        while (ahead.TryDequeue(out var name) && included.Count < MostFiles)
        {
            // No file has such a name, which the finding says.
            if (name.Contains('\0', StringComparison.Ordinal)) continue;
            var place = Path.GetFullPath(name, _folder);
            if (!seen.Add(place)) continue;
            var problem = ConfigFile.TryRead(place, out var text);
            included.Add(new IncludedText(name, text, problem));
            foreach (var more in NamesIn(place, text, read)) ahead.Enqueue(more);
        }

        return included;
    }

    private IReadOnlyList<string> NamesIn(string place, string text, Dictionary<string, (string Text, IReadOnlyList<string> Names)> read)
    {
        read[place] = _last.TryGetValue(place, out var last) && last.Text == text ? last : (text, Includes.NamesIn(text));
        return read[place].Names;
    }
}
