namespace OrleansLlm.Silo.Configuration;

/// <summary>Environment variables, with a <c>.env</c> file beneath them: what the process was given wins.</summary>
internal static class Variables
{
    /// <summary>The process environment, then <c>.env</c> in the working folder, then <c>.env</c> beside the configuration file.</summary>
    public static Func<string, string?> Beside(string? configPath, Func<string, string?> process)
    {
        var files = Files(configPath);
        return name => process(name) ?? files.GetValueOrDefault(name);
    }

    /// <summary>What the <c>.env</c> files say now, the one in the working folder first.</summary>
    public static IReadOnlyDictionary<string, string> Files(string? configPath)
    {
        var folders = new[] { ".", configPath is null ? null : Path.GetDirectoryName(Path.GetFullPath(configPath)) };
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in folders.OfType<string>().Select(f => Path.GetFullPath(Path.Combine(f, ".env"))).Distinct(StringComparer.Ordinal))
        {
            foreach (var (name, value) in Read(path)) values.TryAdd(name, value);
        }

        return values;
    }

    /// <summary>The names that have another value now, or are new or gone.</summary>
    public static IReadOnlyList<string> Changed(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now) =>
        [.. before.Keys.Union(now.Keys, StringComparer.Ordinal).Where(name => before.GetValueOrDefault(name) != now.GetValueOrDefault(name)).Order(StringComparer.Ordinal)];

    private static IReadOnlyDictionary<string, string> Read(string path) =>
        ConfigFile.TryRead(path, out var text) is null ? DotEnv.Parse(text) : new Dictionary<string, string>();
}
