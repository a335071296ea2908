using System.Globalization;

namespace OrleansLlm.Tests.Clients.Node;

/// <summary>The clients of the lock file, installed beside the suites.</summary>
internal static class NpmInstall
{
    private const int OldestNode = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>What no registry and no network can be blamed for: the files here contradict each other, or a package is not what was locked.</summary>
    private static readonly string[] OurFault = ["EUSAGE", "EJSONPARSE", "EINTEGRITY", "EBADENGINE"];

    /// <returns>Why there are no clients here; null: they are there.</returns>
    /// <exception cref="InvalidOperationException">The lock file is wrong.</exception>
    public static async Task<string?> RunAsync()
    {
        var folder = NodeSuite.Folder;
        if (await ChildProcess.RunAsync("node", ["--version"], folder, Limit) is not (0, var version)) return "Node.js is not here.";
        if (Major(version) < OldestNode) return $"Node.js {version.Trim()} is older than {OldestNode}.";
        var locked = await File.ReadAllTextAsync(Path.Combine(folder, "package-lock.json"));
        var stamp = Path.Combine(folder, "node_modules", ".installed-lock");
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == locked) return null;

        string[] arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000", "--loglevel=error"];
        if (await ChildProcess.RunAsync("npm", arguments, folder, Limit) is not var (exitCode, output)) return "npm is not here.";
        if (exitCode != 0)
        {
            if (OurFault.Any(code => output.Contains($"code {code}", StringComparison.Ordinal))) throw new InvalidOperationException($"npm ci:\n{output}");
            var lines = output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("npm error", StringComparison.Ordinal));
            return $"The clients cannot be installed here: {string.Join(' ', lines.Take(2))}";
        }

        await File.WriteAllTextAsync(stamp, locked);
        return null;
    }

    private static int Major(string version) => int.Parse(version.Trim().TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture);
}
