using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>Settings that the process was built with: a changed file is told about them, and the rest of it applies.</summary>
internal static class RestartSettings
{
    /// <returns>The settings asked for with the running ones in place of those that need a restart, and the keys of these.</returns>
    public static (GatewaySettings Settings, ImmutableArray<string> NeedRestart) Keep(GatewaySettings running, GatewaySettings asked)
    {
        var keys = ImmutableArray.CreateBuilder<string>();
        Check(running.Cluster != asked.Cluster, "gateway_settings.cluster");
        Check(running.TokenTransport != asked.TokenTransport, "gateway_settings.token_transport");
        Check(running.Ledger != asked.Ledger, "gateway_settings.ledger");
        Check(running.Telemetry != asked.Telemetry, "gateway_settings.telemetry");
        Check(running.DrainTimeout != asked.DrainTimeout, "gateway_settings.drain_timeout");
        Check(running.MaxRequestBytes != asked.MaxRequestBytes, "general_settings.max_request_size_mb");
        Check(running.Connections != asked.Connections, "gateway_settings.connections");
        Check(running.Verbose != asked.Verbose, "general_settings.set_verbose");
        Check(running.JsonLogs != asked.JsonLogs, "general_settings.json_logs");
        Check(running.Cache.Redis != asked.Cache.Redis, "litellm_settings.cache_params");
        var settings = asked with
        {
            Cluster = running.Cluster,
            TokenTransport = running.TokenTransport,
            Ledger = running.Ledger,
            Cache = asked.Cache with { Redis = running.Cache.Redis },
            Telemetry = running.Telemetry,
            DrainTimeout = running.DrainTimeout,
            MaxRequestBytes = running.MaxRequestBytes,
            Connections = running.Connections,
            Verbose = running.Verbose,
            JsonLogs = running.JsonLogs,
        };
        return (settings, keys.ToImmutable());

        void Check(bool changed, string key)
        {
            if (changed) keys.Add(key);
        }
    }
}
