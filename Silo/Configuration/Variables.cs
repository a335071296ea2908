namespace OrleansLlm.Silo.Configuration;

/// <summary>Environment variables, with a <c>.env</c> file beneath them: what the process was given wins.</summary>
internal static class Variables
{
    /// <summary>The process environment, then <c>.env</c> in the working folder, then <c>.env</c> beside the configuration file.</summary>
    public static Func<string, string?> Beside(string? configPath, Func<string, string?> process)
    {
        var folders = new[] { ".", configPath is null ? null : Path.GetDirectoryName(Path.GetFullPath(configPath)) };
        var files = folders.OfType<string>().Select(f => Path.GetFullPath(Path.Combine(f, ".env"))).Distinct(StringComparer.Ordinal)
            .Select(Read).ToList();
        return name => process(name) ?? files.Select(f => f.GetValueOrDefault(name)).FirstOrDefault(v => v is not null);
    }

    private static IReadOnlyDictionary<string, string> Read(string path) =>
        ConfigFile.TryRead(path, out var text) is null ? DotEnv.Parse(text) : new Dictionary<string, string>();
}
