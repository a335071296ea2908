namespace OrleansLlm.Silo.Configuration;

/// <summary>Lines of several files as numbers of one kind, so that a value that was merged from one of them still knows where it stands.</summary>
internal sealed class IncludedLines
{
    /// <summary>More than a file of the largest size can have.</summary>
    private const int Bits = 24;

    private readonly List<string> _files = [];
    private int _here;

    public static int LineOf(int line) => line & ((1 << Bits) - 1);

    public void Begin(string? file)
    {
        if (file is not null) _files.Add(file);
        _here = file is null ? 0 : _files.Count << Bits;
    }

    /// <summary>In the file that has begun, unless it is known to stand in another.</summary>
    public int Here(int line) => line >> Bits == 0 ? line | _here : line;

    public ConfigNode Here(ConfigNode node) => node switch
    {
        ConfigMap map => new ConfigMap(Here(map.Line), [.. map.Entries.Select(e => new ConfigEntry(e.Key, Here(e.Line), Here(e.Value)))]),
        ConfigList list => new ConfigList(Here(list.Line), [.. list.Items.Select(Here)]),
        _ => node with { Line = Here(node.Line) },
    };

    /// <returns>Null: the first file, or one of another report, to which a part of the configuration is read by itself.</returns>
    public string? FileOf(int line) => line >> Bits is > 0 and var file && file <= _files.Count ? _files[file - 1] : null;
}
