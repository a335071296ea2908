using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.connections</c>.</summary>
internal static class ConnectionReader
{
    /// <summary>A request line of 8 KiB must fit in.</summary>
    private const int LeastHeaderBytes = 8 << 10;

    public static ConnectionOptions? Read(ConfigSection settings)
    {
        if (settings.Map("connections") is not { } map) return null;
        var path = settings.PathOf("connections");
        settings.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, settings.Report);
        var defaults = new ConnectionOptions();
        var options = new ConnectionOptions
        {
            Max = s.Int("max", 1) ?? defaults.Max,
            HeaderTimeout = s.Seconds("header_timeout") ?? defaults.HeaderTimeout,
            IdleTimeout = s.Seconds("idle_timeout") ?? defaults.IdleTimeout,
            MaxHeaderBytes = s.Int("max_header_bytes", LeastHeaderBytes, 1 << 20) ?? defaults.MaxHeaderBytes,
            MaxBodyBytes = s.Number("max_bodies_mb", 0.001) is { } mb ? (long)(mb * (1 << 20)) : defaults.MaxBodyBytes,
            MinRate = s.Int("min_rate", 1) ?? defaults.MinRate,
            // Kestrel looks once a second, and takes no less for an answer.
            Patience = s.Seconds("patience", 1.001) ?? defaults.Patience,
        };
        s.Finish();
        return options;
    }
}
