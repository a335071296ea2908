namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The bytes of all resumable answers that this process keeps. Their bound decides about new answers only: those that have begun may each still
/// grow to their own, and there are no more of them than slots.
/// </summary>
internal sealed class OpenLogs
{
    /// <summary>What an activation with its timer costs beside its events.</summary>
    private const long LogOverhead = 4096;

    private long _bytes;

    public bool TryOpen(long maxBytes)
    {
        if (Interlocked.Add(ref _bytes, LogOverhead) <= maxBytes) return true;
        Close(0);
        return false;
    }

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Close(long bytes) => Interlocked.Add(ref _bytes, -LogOverhead - bytes);
}
