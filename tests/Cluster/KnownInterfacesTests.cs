using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Serialization;
using OrleansLlm.Inference;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Cluster;

public class KnownInterfacesTests
{
    /// <summary>A name that differs from Orleans' own would make a silo of an earlier build a stranger.</summary>
    [Fact]
    public void EveryInterface_IsCalledAsOrleansCallsIt()
    {
        using var without = Services(known: false);
        using var with = Services(known: true);
        var (own, ours) = (without.GetRequiredService<GrainInterfaceTypeResolver>(), with.GetRequiredService<GrainInterfaceTypeResolver>());
        Type[] interfaces =
        [
            .. typeof(IInferenceGrain).Assembly.GetTypes().Where(t => t.IsInterface && t.IsAssignableTo(typeof(IGrain))),
            .. typeof(IManagementGrain).Assembly.GetTypes().Where(t => t.IsInterface && t.IsAssignableTo(typeof(IGrain))),
            typeof(IOfSomething<int>),
        ];
        Assert.InRange(interfaces.Length, 10, 1000);
        // Twice: the second answer is the one that is kept.
        foreach (var type in interfaces.Concat(interfaces)) Assert.Equal(own.GetGrainInterfaceType(type), ours.GetGrainInterfaceType(type));
    }

    [Fact]
    public void TheAttributes_AreReadOnce()
    {
        var counting = new Counting();
        using var services = Services(known: true, counting);
        var resolver = services.GetRequiredService<GrainInterfaceTypeResolver>();
        for (var i = 0; i < 3; i++) resolver.GetGrainInterfaceType(typeof(IInferenceGrain));
        Assert.Equal(1, counting.Asked);
    }

    private static ServiceProvider Services(bool known, IGrainInterfaceTypeProvider? more = null)
    {
        var services = new ServiceCollection().AddSerializer();
        services.AddSingleton<GrainInterfaceTypeResolver>();
        services.AddSingleton<IGrainInterfaceTypeProvider, AttributeGrainInterfaceTypeProvider>();
        if (more is not null) services.AddSingleton(more);
        if (known) KnownInterfaces.AddTo(services);
        return services.BuildServiceProvider();
    }

    private sealed class Counting : IGrainInterfaceTypeProvider
    {
        public int Asked { get; private set; }

        public bool TryGetGrainInterfaceType(Type type, out GrainInterfaceType grainInterfaceType)
        {
            Asked++;
            grainInterfaceType = default;
            return false;
        }
    }
}

internal interface IOfSomething<T> : IGrainWithStringKey
{
    Task<T> AskAsync();
}
