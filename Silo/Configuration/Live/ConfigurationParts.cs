using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// A node's configuration as <see cref="NodeConfiguration"/>: the sections of its file as they are written, and of what may come from the environment the two things that must not differ:
/// the master key, and the kind of the ledger. What belongs to one node (addresses, ports) is left out, and so are keys of services: each node may have its own.
/// </summary>
internal static class ConfigurationParts
{
    private const int DigestBytes = 8;

    /// <summary>Of one node, or as a part of their own.</summary>
    private static readonly (string Section, string Key)[] LeftOut =
    [
        ("gateway_settings", "cluster"), ("general_settings", "master_key"), ("general_settings", "database_url"),
    ];

    /// <param name="text">The file in force.</param>
    public static NodeConfiguration Of(string node, string text, GatewaySettings settings)
    {
        var salt = Encoding.UTF8.GetBytes($"configuration of {settings.Cluster.ServiceId}/{settings.Cluster.ClusterId}");
        var file = YamlReader.Read(text, new EnvironmentReferences(_ => null), new ConfigReport()) ?? ConfigMap.Empty;
        var parts = file.Entries.Where(e => e.Key is not ("environment_variables" or Includes.Key)).Select(e => (e.Key, Text: Shared(e).ToRawText()))
            .Append((Key: "master key", Text: settings.MasterKeyHash is { } hash ? Convert.ToHexString(hash.AsSpan()) : ""))
            .Append((Key: "ledger", Text: settings.Ledger is { Enabled: false } ? "none" : settings.Ledger.Postgres is null ? "sqlite" : "postgres"))
            // An empty section is as good as none.
            .Where(p => p.Text is not "{}")
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => $"{p.Key}={Digest(salt, p.Text)}");
        return new NodeConfiguration(node, [.. parts]);
    }

    private static ConfigNode Shared(ConfigEntry section) => section.Value is ConfigMap map
        ? map with { Entries = [.. map.Entries.Where(e => !LeftOut.Contains((section.Key, e.Key)))] }
        : section.Value;

    private static string Digest(byte[] salt, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)).AsSpan(0, DigestBytes));
}
