using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Each node reads its own copy of the file and asks for administrators' changes by itself.</summary>
internal static class NodeCatalog
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    public static IServiceCollection AddNodeCatalog(this IServiceCollection services, string yaml)
    {
        services.AddSingleton(new LiveCatalog(yaml, _ => null));
        services.AddSingleton<ICatalog>(s => s.GetRequiredService<LiveCatalog>());
        services.AddSingleton<ICatalogCompiler>(s => s.GetRequiredService<LiveCatalog>());
        return services.AddOverlayFollower(BetweenLooks);
    }
}
