namespace OrleansLlm.Tests.Gateway;

/// <summary>A configuration file in a folder of its own, written in the ways that editors and container platforms write.</summary>
internal sealed class ConfigFileUnderTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-config-").FullName;
    private readonly bool _linked;
    private int _versions;

    /// <param name="linked">The file is a link to <c>..data/</c>, a link to a folder that is swapped as a whole: how Kubernetes mounts one.</param>
    public ConfigFileUnderTest(bool linked = false)
    {
        _linked = linked;
        Path = System.IO.Path.Combine(_folder, "gateway.yaml");
        if (linked) File.CreateSymbolicLink(Path, System.IO.Path.Combine("..data", "gateway.yaml"));
    }

    public string Path { get; }

    /// <summary>As most editors do: a new file takes the old one's name.</summary>
    public void Replace(string text) => Write("rename", text);

    public void Write(string how, string text)
    {
        if (_linked)
        {
            Swap(text);
            return;
        }

        switch (how)
        {
            case "rename":
                File.WriteAllText(Path + ".new", text);
                File.Move(Path + ".new", Path, overwrite: true);
                break;
            case "deleted first":
                File.Delete(Path);
                File.WriteAllText(Path, text);
                break;
            case "in two halves":
                File.WriteAllText(Path, text[..(text.Length / 2)]);
                File.AppendAllText(Path, text[(text.Length / 2)..]);
                break;
            default:
                File.WriteAllText(Path, text);
                break;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Swap(string text)
    {
        var data = $"..{++_versions}";
        Directory.CreateDirectory(System.IO.Path.Combine(_folder, data));
        File.WriteAllText(System.IO.Path.Combine(_folder, data, "gateway.yaml"), text);
        var link = System.IO.Path.Combine(_folder, "..data");
        // Deleted, and not the link's target; for a moment the file is away.
        if (Directory.Exists(link)) Directory.Delete(link);
        File.CreateSymbolicLink(link, data);
    }
}
