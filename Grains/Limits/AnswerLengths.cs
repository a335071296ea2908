namespace OrleansLlm.Grains.Limits;

/// <summary>
/// How long the answers of one scope are of late, so that what is reserved for the next one is what it will likely use and not what its client
/// would allow. Rises quickly and falls slowly: to reserve too little lets more through than the limit, to reserve too much only waits.
/// </summary>
internal sealed class AnswerLengths
{
    private double? _mean;

    /// <summary>Null: none has been seen yet.</summary>
    public long? Expected => _mean is { } mean ? (long)Math.Ceiling(mean) : null;

    /// <summary>An answer has ended. One of nothing says nothing: it has failed, or was the cache's.</summary>
    public void Saw(long tokens)
    {
        if (tokens <= 0) return;
        var mean = _mean ?? tokens;
        _mean = mean + ((tokens - mean) / (tokens > mean ? 2 : 8));
    }
}
