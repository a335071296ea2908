using System.Collections.Concurrent;

namespace OrleansLlm.Inference;

/// <summary>
/// The readers of this process that wait for an inference to be run in it: a front end lays one out, and the grain finds it where it runs in the
/// same process. Only where both can be, and where the engine's own way is a message for each event (docs/adr/0023-tokens-within-a-process.md).
/// </summary>
public sealed class Handovers
{
    private readonly ConcurrentDictionary<string, Handover> _open = new(StringComparer.Ordinal);

    public int Count => _open.Count;

    /// <param name="inference">The key of its grain.</param>
    public Handover Open(string inference)
    {
        var handover = new Handover();
        if (!_open.TryAdd(inference, handover)) throw new InvalidOperationException($"Inference {inference} has a reader already.");
        return handover;
    }

    /// <returns>Null: its reader is in another process, or has left.</returns>
    public Handover? Find(string inference) => _open.GetValueOrDefault(inference);

    public void Close(string inference) => _open.TryRemove(inference, out _);
}
