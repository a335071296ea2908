using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Storage;

namespace Orleans.Embedded;

public static class SqliteGrainStorageExtensions
{
    /// <summary>Keeps the state of the store <paramref name="name"/> in one SQLite file. The file is made if it is missing, its directory
    /// is not; whatever is wrong with it fails the start of the host.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        builder.Services.AddKeyedSingleton(name, (services, _) => new SqliteGrainStorage(path, services.GetRequiredService<StateSerializer>()));
        builder.Services.AddKeyedSingleton<IGrainStorage>(name, static (services, key) => services.GetRequiredKeyedService<SqliteGrainStorage>(key));
        builder.Services.AddSingleton<IEnginePart>(services => services.GetRequiredKeyedService<SqliteGrainStorage>(name));
        return builder;
    }
}
