using OrleansLlm.Api;
using OrleansLlm.Api.Audit;
using OrleansLlm.Api.Usage;
using OrleansLlm.Catalog;
using OrleansLlm.Grains;
using OrleansLlm.Ledger;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Logs;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Puts the process together: web server, engine, grains, front end.</summary>
internal static class GatewayHost
{
    public static WebApplication Build(GatewayOptions options, LiveCatalog live, Action<IServiceCollection>? more = null)
    {
        var settings = live.Current.Settings;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var hasStarted = false;
        AddLogging(builder.Logging, settings, () => Volatile.Read(ref hasStarted));
        var files = OpenFiles.Limit();
        builder.WebHost.ConfigureKestrel(kestrel => HttpServer.Configure(kestrel, options, settings, OpenFiles.Connections(live.Current, files)));
        builder.Services.AddSingleton<StopLeftovers>();
        builder.UseEngine(options, settings);
        builder.Services.AddTelemetry(settings.Telemetry);
        builder.Services.AddLedger(options.DataFolder, settings.Ledger);
        builder.Services.AddLiveCatalog(options, live);
        builder.Services.AddSingleton(new NodeName(options.NodeName));
        builder.Services.AddGatewayGrains();
        builder.Services.AddSingleton(new AuditFolder(Path.Combine(options.DataFolder, "audit")));
        // The ledger as it is at the start: another database waits for the next.
        var isSplit = SplitLedger.Is(settings, options.Role, Engine.HasOtherNodes);
        builder.Services.AddSingleton(services => new LedgerReach(() => isSplit && services.GetRequiredService<HostTraits>().HasOthers()));
        builder.Services.AddGatewayApi();
        if (options.Role != NodeRole.Api) builder.Services.AddHostedService<BackendWarmUp>();
        builder.Services.AddHostedService<OrderlyStop>();
        builder.Services.AddHostedService<SecondInterrupt>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.StopDelay + settings.DrainTimeout + OrderlyStop.Reserve);
        more?.Invoke(builder.Services);
        var app = builder.Build();
        OpenFiles.Warn(app.Services.GetRequiredService<ILoggerFactory>(), live.Current, files);
        app.Lifetime.ApplicationStarted.Register(() => Volatile.Write(ref hasStarted, true));
        app.UseGatewayApi();
        if (options.Role == NodeRole.Silo) app.MapHealthApi();
        else app.MapGatewayApi();
        app.MapEngine();
        app.Services.GetRequiredService<GatewayMetrics>().Process.Runs(Engine.Name.ToLowerInvariant(), options.Role.ToString().ToLowerInvariant());
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, GatewaySettings settings, Func<bool> hasStarted)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.Verbose ? LogLevel.Debug : LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Orleans", LogLevel.Warning);
        // A filter is a prefix: the one above is one of our own names as well.
        logging.AddFilter("OrleansLlm", settings.Verbose ? LogLevel.Debug : LogLevel.Information);
        // A line for each connection beyond the limit: whoever opens them would fill the log.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Error);
        // It recommends the server's garbage collector at every start; the default here is small memory.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // It measures from a time before the process was there, and warns of hours at every start.
        logging.AddFilter("Orleans.Runtime.Watchdog", level => level >= (hasStarted() ? LogLevel.Warning : LogLevel.Error));
        // A line for each message to a silo that is gone while another one has its address: millions of them. Whether connections come about says the manager.
        logging.AddFilter("Orleans.Runtime.Messaging.Connection", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Messaging.ConnectionManager", LogLevel.Warning);
        // Its own error for a port in use is told by us, in one line; that a service of ours ends the process is told by nobody else.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddConsoleLogs(settings.JsonLogs);
    }
}
