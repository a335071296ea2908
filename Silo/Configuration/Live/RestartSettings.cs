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
        CheckLedger(running.Ledger, asked.Ledger);
        CheckTelemetry(running.Telemetry, asked.Telemetry);
        Check(running.Audit.Folder != asked.Audit.Folder, "gateway_settings.audit.folder");
        Check(running.DrainTimeout != asked.DrainTimeout, "gateway_settings.drain_timeout");
        Check(running.StopDelay != asked.StopDelay, "gateway_settings.stop_delay");
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
            Audit = asked.Audit with { Folder = running.Audit.Folder },
            Telemetry = Live(running.Telemetry, asked.Telemetry),
            DrainTimeout = running.DrainTimeout,
            StopDelay = running.StopDelay,
            MaxRequestBytes = running.MaxRequestBytes,
            Connections = running.Connections,
            Verbose = running.Verbose,
            JsonLogs = running.JsonLogs,
        };
        return (settings, keys.ToImmutable());

        // Under the names that an operator can have written: those of LiteLLM's settings where they stand there.
        void CheckLedger(LedgerOptions before, LedgerOptions after)
        {
            Check(before.Enabled != after.Enabled, "general_settings.disable_spend_logs (or gateway_settings.ledger.enabled)");
            Check(before.Postgres != after.Postgres, "general_settings.database_url");
            Check(before != after with { Enabled = before.Enabled, Postgres = before.Postgres }, "gateway_settings.ledger");
        }

        void CheckTelemetry(TelemetryOptions before, TelemetryOptions after)
        {
            var (called, asks) = (before.Callbacks, after.Callbacks);
            Check(called.Langfuse != asks.Langfuse || called.Sentry != asks.Sentry, "litellm_settings.callbacks (success_callback, failure_callback, or their variables)");
            Check(before.Otlp != after.Otlp, "environment_variables (OpenTelemetry's)");
            var rest = Live(after, before) with { Otlp = before.Otlp, Callbacks = asks with { Langfuse = called.Langfuse, Sentry = called.Sentry } };
            Check(before != rest, "gateway_settings.telemetry");
        }

        void Check(bool changed, string key)
        {
            if (changed) keys.Add(key);
        }
    }

    /// <summary>What is looked up for each request follows the file, but for capture_messages: that prompts are passed on is told at the start.</summary>
    private static TelemetryOptions Live(TelemetryOptions running, TelemetryOptions asked) => running with
    {
        MetricsNeedKey = asked.MetricsNeedKey,
        ForwardTraceParent = asked.ForwardTraceParent,
    };
}
