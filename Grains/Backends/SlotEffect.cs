using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>What the rules decided about a request that waits: exactly one effect ends each wait.</summary>
/// <param name="Answer"><see cref="SlotGranted"/> or <see cref="SlotRefused"/>.</param>
internal readonly record struct SlotEffect(string RequestId, SlotAnswer Answer)
{
    /// <summary>Of a grant: the time in the queue.</summary>
    public TimeSpan Waited { get; init; }
}
