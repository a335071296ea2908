using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Nodes of a cluster that keep no ledger in common: each has the rows of the requests that it handled, and a front end without grains handles none.</summary>
internal static partial class SplitLedger
{
    private const string Key = "general_settings.database_url";

    /// <param name="engineHasOthers">Whether the engine knows of clusters at all.</param>
    public static bool Is(GatewaySettings settings, NodeRole role, bool engineHasOthers) =>
        engineHasOthers && settings.Ledger is { Enabled: true, Postgres: null } && (role != NodeRole.All || settings.Cluster.Clustering == ClusterSettings.Redis);

    /// <summary>For <c>validate</c>, which does not know the role: Redis, where it joins the nodes, tells enough.</summary>
    public static void Report(GatewaySettings settings, bool engineHasOthers, ConfigReport report)
    {
        if (!Is(settings, NodeRole.All, engineHasOthers)) return;
        report.Warning(Key, 0, "is not set: of several nodes each keeps the ledger's rows of its own requests in a file of its own, and usage and spend are those of the node that is asked; a front end without grains (--role api) has none");
    }

    public static void Warn(ILoggerFactory loggers, GatewaySettings settings, NodeRole role)
    {
        if (Is(settings, role, Engine.HasOtherNodes)) LogSplit(loggers.CreateLogger("OrleansLlm.Start"), Key);
    }

    [LoggerMessage(EventId = 8300, EventName = "LedgerOfThisNodeAlone", Level = LogLevel.Warning,
        Message = "{Key} is not set: each node of the cluster keeps the ledger's rows of its own requests in a file of its own. Usage, spend and reports show those of the node that is asked, and a front end without grains (--role api) has none")]
    private static partial void LogSplit(ILogger logger, string key);
}
