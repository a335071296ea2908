using System.Text.RegularExpressions;

namespace OrleansLlm.Tests.Clients.Node;

/// <summary>The suites as they lie beside the test assembly: one file NAME.test.mjs a client.</summary>
internal static partial class NodeSuite
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "node");

    public static IReadOnlyList<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.test.mjs").Select(file => Path.GetFileName(file)[..^".test.mjs".Length]).Order(StringComparer.Ordinal)];

    /// <summary>The tests of a file, as they stand in it: a line each, its name in single quotes.</summary>
    public static IEnumerable<string> Claims(string suite) =>
        TestLine().Matches(File.ReadAllText(Path.Combine(Folder, $"{suite}.test.mjs"))).Select(match => match.Groups[1].Value);

    [GeneratedRegex("^test\\('([^']+)'", RegexOptions.Multiline)]
    private static partial Regex TestLine();
}
