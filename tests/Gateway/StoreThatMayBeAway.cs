using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace OrleansLlm.Tests.Gateway;

/// <summary>The gateway's store, which can be told to take no more of one kind of state, or to give none.</summary>
internal sealed class StoreThatMayBeAway(string stateName)
{
    private int _room = int.MaxValue;
    private int _unread;
    private int _refused;

    /// <summary>Writes that it has refused.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>How many more writes it takes.</summary>
    public int Room
    {
        set => Volatile.Write(ref _room, value);
    }

    /// <summary>How many reads fail before it gives something again.</summary>
    public int Unread
    {
        get => Math.Max(Volatile.Read(ref _unread), 0);
        set => Volatile.Write(ref _unread, value);
    }

    /// <summary>Takes the place of the engine's own, which it asks.</summary>
    public void StandIn(IServiceCollection services)
    {
        var own = services.Last(s => s.ServiceType == typeof(IGrainStorage) && Equals(s.ServiceKey, Names.StateStore));
        services.AddKeyedSingleton<IGrainStorage>(Names.StateStore, (provider, key) => new Storage(this, Make(own, provider, key)));
    }

    private static IGrainStorage Make(ServiceDescriptor own, IServiceProvider provider, object? key) =>
        (IGrainStorage)(own.KeyedImplementationInstance ?? own.KeyedImplementationFactory!(provider, key));

    private string Name => stateName;

    private void Check(string name)
    {
        if (name != stateName || Interlocked.Decrement(ref _room) >= 0) return;
        Interlocked.Increment(ref _refused);
        throw new OrleansException("The disk is full.");
    }

    private sealed class Storage(StoreThatMayBeAway store, IGrainStorage own) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (stateName == store.Name && Interlocked.Decrement(ref store._unread) >= 0) throw new OrleansException("The disk is away.");
            return own.ReadStateAsync(stateName, grainId, grainState);
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            store.Check(stateName);
            return own.WriteStateAsync(stateName, grainId, grainState);
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            store.Check(stateName);
            return own.ClearStateAsync(stateName, grainId, grainState);
        }
    }
}
