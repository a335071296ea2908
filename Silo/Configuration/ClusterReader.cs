using System.Globalization;
using System.Net;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.cluster</c>, completed by <c>REDIS_URL</c> or <c>REDIS_HOST</c>, <c>REDIS_PORT</c> and <c>REDIS_PASSWORD</c>.</summary>
internal static class ClusterReader
{
    public static ClusterSettings Read(ConfigSection? s, Func<string, string?> variable)
    {
        var defaults = new ClusterSettings();
        var redis = RedisFrom(s?.String("redis", note: "membership, grain directory and grain state"), variable);
        var clustering = s?.String("clustering");
        if (s is not null && clustering is not (null or ClusterSettings.Localhost or ClusterSettings.Redis))
        {
            s.Report.Error(s.PathOf("clustering"), s.Line, $"expected localhost or redis, found '{clustering}'");
        }

        var settings = defaults with
        {
            Clustering = clustering ?? (redis is null ? ClusterSettings.Localhost : ClusterSettings.Redis),
            RedisConnection = redis,
            ClusterId = s?.String("cluster_id") ?? defaults.ClusterId,
            ServiceId = s?.String("service_id") ?? defaults.ServiceId,
            // Several nodes on one machine share a file and differ in these.
            SiloPort = PortFrom(variable("SILO_PORT")) ?? s?.Int("silo_port", 0, 65535) ?? defaults.SiloPort,
            GatewayPort = PortFrom(variable("GATEWAY_PORT")) ?? s?.Int("gateway_port", 0, 65535) ?? defaults.GatewayPort,
            Advertise = AddressFrom(s, isUsed: redis is not null && clustering is not ClusterSettings.Localhost),
            ProbeInterval = s?.Seconds("probe_interval", 0.1) ?? defaults.ProbeInterval,
        };
        if (s is not null && settings is { Clustering: ClusterSettings.Redis, RedisConnection: null })
        {
            s.Report.Error(s.PathOf("redis"), s.Line, "is missing, and neither REDIS_URL nor REDIS_HOST is set: clustering by redis needs its address");
        }

        s?.Finish();
        return settings;
    }

    /// <summary>A silo tells it to the others as it is: no name is looked up. Nodes whose variable for it is empty find it themselves.</summary>
    /// <param name="isUsed">There are others to tell.</param>
    private static string? AddressFrom(ConfigSection? s, bool isUsed)
    {
        const string key = "advertise";
        if (s?.String(key) is not { } text || string.IsNullOrWhiteSpace(text)) return null;
        if (IPAddress.TryParse(text, out _)) return text;
        var (path, line, wrong) = (s.PathOf(key), s.Take(key)!.Line, $"expected an IP address, found '{text}'");
        if (isUsed) s.Report.Error(path, line, wrong);
        else s.Report.Warning(path, line, $"{wrong}; nobody is told it");
        return null;
    }

    private static int? PortFrom(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : null;

    /// <summary>Takes <c>host:port,option=…</c> as it is and turns <c>redis://user:password@host:port/db</c> into that.</summary>
    private static string? RedisFrom(string? configured, Func<string, string?> variable)
    {
        var text = configured ?? variable("REDIS_URL");
        if (string.IsNullOrWhiteSpace(text))
        {
            if (variable("REDIS_HOST") is not { Length: > 0 } host) return null;
            var port = variable("REDIS_PORT") is { Length: > 0 } p ? p : "6379";
            return variable("REDIS_PASSWORD") is { Length: > 0 } password ? $"{host}:{port},password={password}" : $"{host}:{port}";
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss")) return text;
        var parts = uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        var connection = $"{uri.Host}:{(uri.Port > 0 ? uri.Port : 6379)}";
        if (parts is [{ Length: > 0 } user, ..]) connection += $",user={user}";
        if (parts is [_, { Length: > 0 } secret]) connection += $",password={secret}";
        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database) connection += $",defaultDatabase={database}";
        return uri.Scheme == "rediss" ? connection + ",ssl=true" : connection;
    }
}
