
namespace OrleansLlm.Grains.Backends;

/// <summary>
/// What a backend remembers. The queue is not state: those who wait ask again. Leases are handed over when the activation goes in an
/// orderly way; when it does not, <see cref="Open"/> is still set and the next one recovers.
/// </summary>
[GenerateSerializer, Alias("OrleansLlm.BackendState")]
public sealed class BackendState
{
    [Id(0)] public bool Draining { get; set; }

    /// <summary>An activation is at work, or ended without saying so. Only kept where a holder can outlive this grain.</summary>
    [Id(1)] public bool Open { get; set; }

    /// <summary>Leases that were out when the last activation went.</summary>
    [Id(2)] public List<string> Leases { get; set; } = [];
}
