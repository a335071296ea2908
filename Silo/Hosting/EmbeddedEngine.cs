using Orleans.Embedded;
using OrleansLlm.Catalog;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The engine of the default build: one process, state in one SQLite file. Compiled only for it; see OrleansLlm.Silo.csproj.</summary>
internal static class Engine
{
    public const string Name = "Embedded";

    /// <summary>It is one process.</summary>
    public static bool HasOtherNodes => false;

    /// <summary>Why this engine cannot run these options; null when it can.</summary>
    public static string? Refuse(GatewayOptions options) =>
        options.Role == NodeRole.All ? null : $"--role {options.Role.ToString().ToLowerInvariant()} needs the Orleans engine: build with -p:Engine=Orleans.";

    /// <summary>What kept the engine from starting, where that is known: it needs nothing that could be away.</summary>
    public static string? WhyNotStarted(Exception exception)
    {
        _ = exception;
        return null;
    }

    public static void UseEngine(this WebApplicationBuilder builder, GatewayOptions options, GatewaySettings settings)
    {
        _ = settings;
        builder.Services.AddSingleton(new HostTraits(HoldersOutliveBackends: false));
        Directory.CreateDirectory(options.DataFolder);
        if (LostState.IsLikely(options)) builder.Services.AddHostedService(s => new LostState(options, s.GetRequiredService<ILogger<LostState>>()));
        builder.UseOrleans(silo => silo
            .AddStateJson(StateJson.Default)
            .AddSqliteGrainStorage(Names.StateStore, options.StatePath)
            // Made when first asked for: an idle provider costs nothing here.
            .AddMemoryStreams(Names.TokenStreams));
    }

    /// <summary>Routes of the engine's own: none.</summary>
    public static void MapEngine(this WebApplication app) => _ = app;

    public static string DescribeState(GatewayOptions options, GatewaySettings settings)
    {
        _ = settings;
        return Path.GetFullPath(options.StatePath);
    }
}
