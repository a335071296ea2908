using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansLlm.Api;
using OrleansLlm.Api.Audit;
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
        AddLogging(builder.Logging, settings);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, settings));
        builder.Services.AddLedger(options.DataFolder, settings.Ledger);
        builder.Services.AddTelemetry(settings.Telemetry);
        builder.UseEngine(options, settings);
        builder.Services.AddLiveCatalog(options, live);
        builder.Services.AddSingleton(new NodeName(options.NodeName));
        builder.Services.AddGatewayGrains();
        builder.Services.AddSingleton(new AuditFolder(Path.Combine(options.DataFolder, "audit")));
        builder.Services.AddGatewayApi();
        if (options.Role != NodeRole.Api) builder.Services.AddHostedService<BackendWarmUp>();
        builder.Services.AddHostedService<OrderlyStop>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.DrainTimeout + OrderlyStop.Reserve);
        more?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseGatewayApi();
        if (options.Role == NodeRole.Silo) app.MapHealthApi();
        else app.MapGatewayApi();
        app.MapEngine();
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options, GatewaySettings settings)
    {
        kestrel.AddServerHeader = false;
        // The same bound as the body reader's; Kestrel's own answer is turned into OpenAI's error object.
        kestrel.Limits.MaxRequestBodySize = settings.MaxRequestBytes;
        // A stream may be silent while a model loads; a stuck client is cut by the writer of the stream.
        kestrel.Limits.MinResponseDataRate = null;
        if (options.Host is "localhost" && options.Port != 0) kestrel.ListenLocalhost(options.Port);
        else if (options.Host is "localhost") kestrel.Listen(IPAddress.Loopback, 0);
        else if (options.Host is "*" or "+" or "0.0.0.0" or "::") kestrel.ListenAnyIP(options.Port);
        else kestrel.Listen(IPAddress.Parse(options.Host), options.Port);
    }

    private static void AddLogging(ILoggingBuilder logging, GatewaySettings settings)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.Verbose ? LogLevel.Debug : LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Orleans", LogLevel.Warning);
        // A filter is a prefix: the one above is one of our own names as well.
        logging.AddFilter("OrleansLlm", settings.Verbose ? LogLevel.Debug : LogLevel.Information);
        // It recommends the server's garbage collector at every start; the default here is small memory.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // Its own error for a port in use is told by us, in one line.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddConsoleLogs(settings.JsonLogs);
    }
}
