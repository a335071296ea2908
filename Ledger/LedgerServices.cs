using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansLlm.Catalog;
using OrleansLlm.Ledger.Storage;
using OrleansLlm.Ledger.Writing;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Ledger;

public static class LedgerServices
{
    /// <summary>
    /// The ledger of this process in a folder. To be added after the engine: it is then before it in the order of the services, and stops after it, with the rows of the last requests.
    /// </summary>
    public static IServiceCollection AddLedger(this IServiceCollection services, string dataFolder, LedgerOptions options)
    {
        if (!options.Enabled) return services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayMetrics>();
        services.AddSingleton(_ => LedgerFolder.Claim(dataFolder));
        services.AddSingleton(s => new Spool(s.GetRequiredService<LedgerFolder>().Spool, options.SpoolMaxBytes));
        services.AddSingleton<ILedgerStore>(s => options.Postgres is { } postgres
            ? new PostgresLedger(postgres, s.GetService<ILogger<PostgresLedger>>())
            : new ThreadedLedger(new SqliteLedger(s.GetRequiredService<LedgerFolder>().Database, s.GetService<ILogger<SqliteLedger>>())));
        services.AddSingleton<ILedgerReader>(s => s.GetRequiredService<ILedgerStore>());
        services.AddSingleton(s => new LedgerWriter(
            options, s.GetRequiredService<Spool>(), s.GetRequiredService<ILedgerStore>(), s.GetRequiredService<GatewayMetrics>().Ledger, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<LedgerWriter>>(), LeftByOthers(s, options)));
        services.AddSingleton<ILedger>(s => s.GetRequiredService<LedgerWriter>());
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(s => s.GetRequiredService<LedgerWriter>()));
        return services;
    }

    /// <summary>For the start screen: where rows are kept, and that a file has those of one process only.</summary>
    public static string Describe(IServiceProvider services, LedgerOptions options)
    {
        if (!options.Enabled) return "none";
        if (options.Postgres is { } postgres) return DescribePostgres(postgres);
        return $"{Path.GetFullPath(services.GetRequiredService<LedgerFolder>().Database)} (of this node alone)";
    }

    private static LeftSpools? LeftByOthers(IServiceProvider services, LedgerOptions options) => options.Postgres is null
        ? null
        : new LeftSpools(services.GetRequiredService<LedgerFolder>(), options.SpoolMaxBytes, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<LedgerWriter>>());

    /// <summary>By itself, so that a gateway without PostgreSQL does not load its driver.</summary>
    private static string DescribePostgres(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString);
        return $"PostgreSQL, {database.Host}/{database.Database}";
    }
}
