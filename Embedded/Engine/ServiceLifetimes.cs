using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <summary>Which services are singletons for sure: a grain that takes nothing else needs no service scope.</summary>
internal sealed class ServiceLifetimes(IServiceCollection services)
{
    private readonly Lazy<HashSet<Type>> _singletons = new(() =>
    {
        var known = services.GroupBy(static s => s.ServiceType).Where(static g => g.All(s => s.Lifetime == ServiceLifetime.Singleton));
        return [.. known.Select(static g => g.Key)];
    });

    public bool IsSingleton(Type service) => _singletons.Value.Contains(service)
        || (service.IsGenericType && _singletons.Value.Contains(service.GetGenericTypeDefinition()));
}
