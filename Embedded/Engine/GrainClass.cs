using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Embedded;

/// <summary>One grain class: what its attributes say, how it is constructed, and the directory of its living activations.</summary>
internal sealed class GrainClass
{
    private readonly ConcurrentDictionary<string, ICallTarget> _directory = new();
    private readonly bool _isStatelessWorker;
    private Func<Activation, Grain>? _construct;

    public GrainClass(GrainEngine engine, GrainDescription description)
    {
        var type = description.Type;
        Engine = engine;
        Type = type;
        Interfaces = description.Interfaces;
        Name = type.GetCustomAttribute<GrainTypeAttribute>()?.GrainType ?? ConventionalName(type);
        IsReentrant = type.GetCustomAttribute<ReentrantAttribute>() is not null;
        var worker = type.GetCustomAttribute<StatelessWorkerAttribute>();
        _isStatelessWorker = worker is not null;
        MaxWorkers = worker?.MaxLocalWorkers ?? 1;
        var limit = _isStatelessWorker
            ? engine.Messaging.MaxEnqueuedRequestsHardLimit_StatelessWorker
            : engine.Messaging.MaxEnqueuedRequestsHardLimit;
        MailboxLimit = limit > 0 ? limit : int.MaxValue;
        CollectionAge = engine.ToTimestamp(AgeOf(type, engine.Collection));
        HasOnActivate = Overrides(nameof(Grain.OnActivateAsync));
        HasOnDeactivate = Overrides(nameof(Grain.OnDeactivateAsync));
    }

    public GrainEngine Engine { get; }

    [DynamicallyAccessedMembers(GrainDescription.Needed)]
    public Type Type { get; }

    public Type[] Interfaces { get; }

    /// <summary>The grain type: the first half of every grain id, also in stored state.</summary>
    public string Name { get; }

    public bool IsReentrant { get; }

    public int MaxWorkers { get; }

    public int MailboxLimit { get; }

    /// <summary>In ticks of the engine's timestamp.</summary>
    public long CollectionAge { get; }

    public bool HasOnActivate { get; }

    public bool HasOnDeactivate { get; }

    public IEnumerable<Activation> Activations => _directory.SelectMany(
        static entry => entry.Value is WorkerPool pool ? pool.Workers() : [(Activation)entry.Value]);

    public void Dispatch(string key, ICall call)
    {
        if (Engine.IsStopping)
        {
            call.Fail(new Runtime.SiloUnavailableException($"The engine is stopping: {call.Method.Name} on {Name}/{key} was not run."));
            return;
        }

        while (true)
        {
            if (!_directory.TryGetValue(key, out var target))
            {
                target = _isStatelessWorker ? new WorkerPool(this, key) : new Activation(this, key);
                if (!_directory.TryAdd(key, target)) continue;
            }

            if (target.TryAccept(call)) return;

            // Dead and about to leave the directory: help it, so that the next look finds room.
            Forget(key, target);
        }
    }

    public void Forget(string key, ICallTarget target) => _directory.TryRemove(new(key, target));

    public void Forget(Activation dead, Activation? successor)
    {
        if (successor is null) Forget(dead.Key, dead);
        else _directory.TryUpdate(dead.Key, successor, dead);
    }

    public Grain Construct(Activation activation) => (_construct ??= GrainConstructor.For(this))(activation);

    private static string ConventionalName(Type type)
    {
        var name = type.Name.ToLowerInvariant();
        return name.Length > 5 && name.EndsWith("grain", StringComparison.Ordinal) ? name[..^5] : name;
    }

    private static TimeSpan AgeOf(Type type, Configuration.GrainCollectionOptions options)
    {
        if (options.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out var configured)) return configured;
        return type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit ?? options.CollectionAge;
    }

    private bool Overrides(string method) => Type.GetMethod(method)!.DeclaringType != typeof(Grain);
}
