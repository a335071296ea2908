using Orleans;

namespace OrleansLlm.Grains.Backends;

/// <summary>What a backend remembers over a restart. Leases and the queue are not state: their holders live in the same cluster.</summary>
[GenerateSerializer, Alias("OrleansLlm.BackendState")]
public sealed class BackendState
{
    [Id(0)] public bool Draining { get; set; }
}
