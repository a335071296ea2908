using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;
using OrleansLlm.Ledger.Storage;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Ledger;

public static class LedgerServices
{
    /// <summary>
    /// The ledger of this process in a folder. To be added before the engine: it then stops after it, with the rows of the last requests.
    /// </summary>
    public static IServiceCollection AddLedger(this IServiceCollection services, string dataFolder, LedgerOptions options)
    {
        if (!options.Enabled) return services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => LedgerFolder.Claim(dataFolder));
        services.AddSingleton(s => new Spool(s.GetRequiredService<LedgerFolder>().Spool, options.SpoolMaxBytes));
        services.AddSingleton<ILedgerStore>(s => new SqliteLedger(s.GetRequiredService<LedgerFolder>().Database));
        services.AddSingleton<ILedgerReader>(s => s.GetRequiredService<ILedgerStore>());
        services.AddSingleton(s => new LedgerWriter(
            options, s.GetRequiredService<Spool>(), s.GetRequiredService<ILedgerStore>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<LedgerWriter>>()));
        services.AddSingleton<ILedger>(s => s.GetRequiredService<LedgerWriter>());
        services.AddHostedService(s => s.GetRequiredService<LedgerWriter>());
        return services;
    }
}
