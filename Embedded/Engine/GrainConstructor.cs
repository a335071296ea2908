using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>How the instances of one grain class are made: services from the container, its states and its context from the activation.</summary>
internal static class GrainConstructor
{
    private static readonly MethodInfo MakeState = typeof(GrainConstructor).GetMethod(nameof(StateOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static Func<Activation, Grain> For(GrainClass grainClass)
    {
        var constructors = grainClass.Type.GetConstructors();
        var constructor = constructors.FirstOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.MaxBy(c => c.GetParameters().Length)
            ?? throw new OrleansException($"{grainClass.Type.FullName} has no public constructor.");
        var parameters = constructor.GetParameters();
        var given = parameters.Select(p => FacetFor(grainClass, p)).ToArray();
        var facets = given.OfType<Func<Activation, object>>().ToArray();
        var make = ActivatorUtilities.CreateFactory(
            grainClass.Type, [.. parameters.Where((_, i) => given[i] is not null).Select(p => p.ParameterType)]);
        var root = grainClass.Engine.Services;

        // Without a scoped or transient service among them no scope is needed: it would cost more than the grain.
        var needsScope = parameters.Where((_, i) => given[i] is null).Any(p => !grainClass.Engine.IsSingleton(p.ParameterType));
        return activation =>
        {
            var arguments = facets.Length == 0 ? [] : new object[facets.Length];
            for (var i = 0; i < facets.Length; i++) arguments[i] = facets[i](activation);
            return (Grain)make(needsScope ? activation.ActivationServices : root, arguments);
        };
    }

    private static Func<Activation, object>? FacetFor(GrainClass grainClass, ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(IGrainContext)) return static activation => activation;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is not { } attribute) return null;
        if (!parameter.ParameterType.IsGenericType || parameter.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
        {
            throw new OrleansException($"Parameter '{parameter.Name}' of {grainClass.Type.FullName} has [PersistentState], so its type must be "
                + $"IPersistentState<T>, not {parameter.ParameterType}.");
        }

        var name = attribute.StateName.Length > 0 ? attribute.StateName : parameter.Name!;
        var storage = grainClass.Engine.Services.GetKeyedService<IGrainStorage>(attribute.StorageName ?? StorageNames.Default)
            ?? throw new OrleansException($"No storage named '{attribute.StorageName ?? StorageNames.Default}' is registered; "
                + $"{grainClass.Type.FullName} keeps its state '{name}' there.");
        return MakeState.MakeGenericMethod(parameter.ParameterType.GetGenericArguments())
            .CreateDelegate<Func<string, IGrainStorage, Func<Activation, object>>>()(name, storage);
    }

    private static Func<Activation, object> StateOf<TState>(string name, IGrainStorage storage) => activation =>
    {
        var state = new PersistentState<TState>(name, activation.GrainId, storage);
        activation.AddState(state);
        return state;
    };
}
