using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>All grain classes and interfaces that this process knows, from the generated parts of its assemblies.</summary>
public sealed class GrainManifest
{
    private readonly Dictionary<Type, Func<GrainAddress, GrainReference>> _proxies = [];
    private readonly Dictionary<Type, GrainDescription> _classes = [];
    private readonly Dictionary<Type, StateMaker> _states = [];
    private FrozenDictionary<Type, Binding> _bindings = FrozenDictionary<Type, Binding>.Empty;

    internal GrainManifest()
    {
    }

    internal IEnumerable<GrainClass> Classes { get; private set; } = [];

    /// <summary>For generated code: an interface and its proxy.</summary>
    public void AddInterface(Type grainInterface, Func<GrainAddress, GrainReference> proxy) => _proxies[grainInterface] = proxy;

    /// <summary>For generated code: a grain class and the grain interfaces it implements.</summary>
    public void AddClass<[DynamicallyAccessedMembers(GrainDescription.Needed)] TGrain>(params Type[] interfaces)
        where TGrain : Grain => _classes[typeof(TGrain)] = new(typeof(TGrain), interfaces);

    /// <summary>For generated code: what a grain class keeps.</summary>
    public void AddState<TState>() => _states[typeof(IPersistentState<TState>)] = GrainConstructor.StateOf<TState>;

    /// <param name="parameter">An IPersistentState of something.</param>
    internal StateMaker? StateOf(Type parameter) => _states.GetValueOrDefault(parameter);

    /// <summary>Finds the parts of the assemblies that are loaded, and loads those that they name.</summary>
    internal void Load()
    {
        var seen = new HashSet<Assembly>();
        var found = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies());
        while (found.TryDequeue(out var assembly))
        {
            if (!seen.Add(assembly) || assembly.IsDynamic) continue;
            foreach (var named in assembly.GetCustomAttributes<ApplicationPartAttribute>()) found.Enqueue(Assembly.Load(named.AssemblyName));
            if (assembly.GetCustomAttribute<GrainPartAttribute>() is { } part)
                ((IGrainPart)Activator.CreateInstance(part.Part, nonPublic: true)!).Describe(this);
        }
    }

    internal void Build(GrainEngine engine)
    {
        var classes = _classes.ToDictionary(c => c.Key, c => new GrainClass(engine, c.Value));
        var twice = classes.Values.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new OrleansException($"The grain classes {string.Join(" and ", twice.Select(c => c.Type.FullName))} share the grain type "
                + $"'{twice.Key}', which names their state. Give them different [GrainType]s.");
        }

        Classes = classes.Values;
        _bindings = _proxies.ToFrozenDictionary(
            p => p.Key, p => new Binding(p.Value, [.. classes.Values.Where(c => c.Interfaces.Contains(p.Key))]));
    }

    internal GrainReference Refer(Type grainInterface, string key, string? classPrefix)
    {
        var binding = BindingOf(grainInterface);
        return classPrefix is null && binding.Classes is [var only] ? binding.Proxy(new(only, key)) : ReferToOneOf(binding, grainInterface, key, classPrefix);
    }

    private static GrainReference ReferToOneOf(Binding binding, Type grainInterface, string key, string? classPrefix)
    {
        var fitting = binding.Classes.Where(c => classPrefix is null || c.Type.FullName!.StartsWith(classPrefix, StringComparison.Ordinal)).ToArray();
        return fitting switch
        {
            [var one] => binding.Proxy(new(one, key)),
            [] => throw new ArgumentException($"Could not find an implementation for interface {grainInterface.FullName}"
                + (classPrefix is null ? "." : $" whose class name starts with '{classPrefix}'.")),
            _ => throw new ArgumentException($"Several grain classes implement {grainInterface.FullName}: "
                + $"{string.Join(", ", fitting.Select(c => c.Type.FullName))}. Name one by its prefix."),
        };
    }

    internal GrainReference Refer(Type grainInterface, GrainAddress address)
    {
        var binding = BindingOf(grainInterface);
        if (!binding.Classes.Contains(address.Class))
            throw new InvalidCastException($"{address.Class.Type.FullName} does not implement {grainInterface.FullName}.");
        return binding.Proxy(address);
    }

    internal GrainReference ReferTo(GrainAddress address) => Refer(address.Class.Interfaces[0], address);

    private Binding BindingOf(Type grainInterface) => _bindings.TryGetValue(grainInterface, out var binding)
        ? binding
        : throw new ArgumentException($"{grainInterface.FullName} is not a grain interface of this process: no part describes it.");

    private sealed record Binding(Func<GrainAddress, GrainReference> Proxy, GrainClass[] Classes);
}
