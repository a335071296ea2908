using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.access</c> and <c>gateway_settings.audit</c>.</summary>
internal static class AccessReader
{
    public static AccessOptions Read(ConfigSection settings, Func<string, string?> variable)
    {
        var s = settings.Map("access") is { } map ? Section(settings, "access", map) : null;
        var options = new AccessOptions();
        options = options with
        {
            FailedLogins = s?.Int("failed_logins_per_minute", 0, 10_000) ?? options.FailedLogins,
            AllowUserField = s?.Bool("allow_user_field", note: "with every virtual key the user field, or the header that stands for it, names an end user within the key") ?? options.AllowUserField,
            CorsOrigins = CorsReader.Read(s, settings.Report, variable),
        };
        s?.Finish();
        return options;
    }

    public static AuditOptions? ReadAudit(ConfigSection settings)
    {
        if (settings.Map("audit") is not { } map) return null;
        var s = Section(settings, "audit", map);
        var defaults = new AuditOptions();
        var options = new AuditOptions
        {
            Folder = s.String("folder") is { Length: > 0 } folder ? folder : null,
            MaxBytes = (long?)s.Number("max_bytes", 1024) ?? defaults.MaxBytes,
            Files = s.Int("files", 1, 1000) ?? defaults.Files,
        };
        s.Finish();
        return options;
    }

    private static ConfigSection Section(ConfigSection settings, string key, ConfigMap map)
    {
        settings.Report.Honoured(settings.PathOf(key), map.Line);
        return new ConfigSection(map, settings.PathOf(key), settings.Report);
    }
}
