using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// How many clients may be connected where the system lets the process open few files. Each socket is one, and the runtime that can open no more of them ends the process:
/// what clients may open is bounded by what is left when the process itself has its own.
/// </summary>
internal static partial class OpenFiles
{
    /// <summary>
    /// Libraries (a start has some 260 open), the stores, the other nodes, health probes, and connections that are about to be closed because there are too many: of a burst a hundred are open at a time.
    /// </summary>
    internal const int OwnFiles = 448;

    /// <summary>Where next to nothing is left: health checks get through, and somebody can look.</summary>
    internal const int LeastConnections = 16;

    private const string Limits = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>The limit that holds for this process; null: there is none, or the system does not tell.</summary>
    public static int? Limit() => File.Exists(Limits) ? Parse(File.ReadAllText(Limits)) : null;

    /// <summary>Of the soft and the hard limit, which follow the row's name, the soft one holds.</summary>
    internal static int? Parse(string limits)
    {
        var row = limits.Split('\n').FirstOrDefault(l => l.StartsWith(Row, StringComparison.Ordinal));
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : null;
    }

    /// <summary>Connections of clients at once, of those that are asked for.</summary>
    /// <param name="slots">Of all backends: so many requests have a connection to a service besides. More than half of what is left is not kept free for them: each has a client.</param>
    public static int Connections(int max, int? limit, int slots) =>
        limit is { } files ? Math.Min(max, Math.Max(files - OwnFiles - Math.Min(slots, (files - OwnFiles) / 2), LeastConnections)) : max;

    public static int Connections(GatewayCatalog catalog, int? limit) => Connections(catalog.Settings.Connections.Max, limit, Slots(catalog));

    /// <summary>To be said before anything is opened: a limit that is too low for the start as well is told of then.</summary>
    public static void Warn(ILoggerFactory loggers, GatewayCatalog catalog, int? limit)
    {
        var (max, most) = (catalog.Settings.Connections.Max, Connections(catalog, limit));
        if (most < max) LogFew(loggers.CreateLogger("OrleansLlm.Start"), limit!.Value, most, max, max + OwnFiles + Slots(catalog));
    }

    private static int Slots(GatewayCatalog catalog) => (int)Math.Min(catalog.Backends.Values.Sum(b => (long)b.Slots), int.MaxValue / 4);

    [LoggerMessage(EventId = 8504, EventName = "FewOpenFiles", Level = LogLevel.Warning,
        Message = "The system lets this process open {Limit} files and sockets: {Connections} clients may be connected at once, and not gateway_settings.connections.max ({Max}). "
            + "Raise the limit to {Wanted} or more (ulimit -n, LimitNOFILE of a service, ulimits: nofile of a container), or say a lower max")]
    private static partial void LogFew(ILogger logger, int limit, int connections, int max, int wanted);
}
