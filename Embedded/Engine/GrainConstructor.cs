using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>Makes the states of one name, for the activations of one grain class.</summary>
internal delegate Func<Activation, object> StateMaker(string name, IGrainStorage storage, StateSerializer states);

/// <summary>How the instances of one grain class are made: services from the container, its states and its context from the activation.</summary>
internal static class GrainConstructor
{
    public static Func<Activation, Grain> For(GrainClass grainClass)
    {
        var constructors = grainClass.Type.GetConstructors();
        var constructor = constructors.FirstOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.MaxBy(c => c.GetParameters().Length)
            ?? throw new OrleansException($"{grainClass.Type.FullName} has no public constructor.");
        var make = ConstructorInvoker.Create(constructor);
        var givers = constructor.GetParameters().Select(p => FacetFor(grainClass, p) ?? ServiceFor(grainClass, p)).ToArray();
        return activation =>
        {
            var arguments = new object?[givers.Length];
            for (var i = 0; i < givers.Length; i++) arguments[i] = givers[i](activation);
            return (Grain)make.Invoke(arguments.AsSpan());
        };
    }

    /// <summary>A singleton is asked for once. Only another service needs a scope of the activation, which would cost more than the grain.</summary>
    private static Func<Activation, object?> ServiceFor(GrainClass grainClass, ParameterInfo parameter)
    {
        if (!grainClass.Engine.IsSingleton(parameter.ParameterType)) return activation => Require(activation.ActivationServices, grainClass, parameter);
        var service = Require(grainClass.Engine.Services, grainClass, parameter);
        return _ => service;
    }

    private static object? Require(IServiceProvider services, GrainClass grainClass, ParameterInfo parameter)
    {
        if (services.GetService(parameter.ParameterType) is { } service) return service;
        return parameter.HasDefaultValue
            ? parameter.DefaultValue
            : throw new OrleansException($"Parameter '{parameter.Name}' of {grainClass.Type.FullName} needs a {parameter.ParameterType}, and no such service is registered.");
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
        return grainClass.Engine.Manifest.StateOf(parameter.ParameterType)?.Invoke(name, storage, grainClass.Engine.States)
            ?? throw new OrleansException($"No part describes {parameter.ParameterType}, in which {grainClass.Type.FullName} keeps its state '{name}'.");
    }

    public static Func<Activation, object> StateOf<TState>(string name, IGrainStorage storage, StateSerializer states) => activation =>
    {
        var state = new PersistentState<TState>(name, activation.GrainId, storage, states);
        activation.AddState(state);
        return state;
    };
}
