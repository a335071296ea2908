using Orleans.Embedded;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The engine of the default build: one process, state in one SQLite file. Compiled only for it; see OrleansLlm.Silo.csproj.</summary>
internal static class Engine
{
    public const string Name = "Embedded (one process)";

    public static void UseEngine(this WebApplicationBuilder builder, GatewayOptions options)
    {
        builder.Services.AddSingleton(new HostTraits(HoldersOutliveBackends: false));
        Directory.CreateDirectory(options.DataFolder);
        builder.UseOrleans(silo => silo
            .AddSqliteGrainStorage(Names.StateStore, options.StatePath)
            // Made when first asked for: an idle provider costs nothing here.
            .AddMemoryStreams(Names.TokenStreams));
    }

    public static string DescribeState(GatewayOptions options) => Path.GetFullPath(options.StatePath);
}
