using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>What the rules decided about a request that waits: exactly one effect ends each wait.</summary>
/// <param name="Answer"><see cref="SlotGranted"/> or <see cref="SlotRefused"/>.</param>
/// <param name="Waited">Of a grant: the time in the queue.</param>
internal readonly record struct SlotEffect(string RequestId, SlotAnswer Answer, TimeSpan Waited = default);
