namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// When a process that has had work rests: it has allocated next to nothing since it was looked at last, and enough since it was last tidied for that
/// to be worth it. A gateway that was never asked anything and one that is at work are both left alone.
/// </summary>
internal sealed class RestRule
{
    /// <summary>Bytes that the gateway's own errands (health, renewals, metrics) may allocate between two looks.</summary>
    public const long Quiet = 512 * 1024;

    /// <summary>Bytes of new objects since the last time that make another time worth it.</summary>
    public const long Worth = 16 * 1024 * 1024;

    /// <summary>Bytes held beyond which the pause is too long for whoever comes in just then.</summary>
    public const long Large = 256 * 1024 * 1024;

    private long _looked, _tidied;

    /// <param name="allocated">Bytes that the process has allocated since its start.</param>
    /// <param name="held">Bytes that it holds.</param>
    /// <returns>Whether to tidy now.</returns>
    public bool Look(long allocated, long held)
    {
        var rests = allocated - _looked < Quiet;
        _looked = allocated;
        if (!rests || held > Large || allocated - _tidied < Worth) return false;
        _tidied = allocated;
        return true;
    }
}
