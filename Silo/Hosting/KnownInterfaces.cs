using System.Collections.Concurrent;
using Orleans.Metadata;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// What Orleans calls an interface of grains, found out once. By itself it reads the interface's attributes with every <c>GetGrain</c>, a
/// twelfth of a whole answer (docs/adr/0026-hot-path.md).
/// </summary>
internal sealed class KnownInterfaces(IServiceProvider services) : IGrainInterfaceTypeProvider
{
    private readonly ConcurrentDictionary<Type, GrainInterfaceType> _names = new();

    /// <summary>Providers are asked in their order, so this comes before those that Orleans adds.</summary>
    public static void AddTo(IServiceCollection services) => services.Insert(0, ServiceDescriptor.Singleton<IGrainInterfaceTypeProvider, KnownInterfaces>());

    public bool TryGetGrainInterfaceType(Type type, out GrainInterfaceType grainInterfaceType)
    {
        // To these Orleans adds the arguments, and what has them already it cannot tell.
        if (type.IsGenericType)
        {
            grainInterfaceType = default;
            return false;
        }

        grainInterfaceType = _names.GetOrAdd(type, Find);
        return true;
    }

    private GrainInterfaceType Find(Type type)
    {
        foreach (var other in services.GetServices<IGrainInterfaceTypeProvider>())
        {
            if (other != this && other.TryGetGrainInterfaceType(type, out var name)) return name;
        }

        return services.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceTypeByConvention(type);
    }
}
