namespace OrleansLlm.Api.Doors;

/// <summary>How often and for how long one request is begun again while no part of the cluster can be reached that could run it.</summary>
internal sealed class Tries(TimeProvider time)
{
    /// <summary>
    /// The pauses between the tries, in seconds: close together while a killed silo is found dead, then further apart. One inference id for each try
    /// (<see cref="OrleansLlm.Inference.InferenceIds.Attempt"/>).
    /// </summary>
    private static readonly double[] Pauses = [0.5, 0.5, 1, 1, 2, 4, 8, 8];

    /// <summary>So long after contact was lost, or was not to be had, the last try begins, however long those before it took: a restart of the store fits in.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(25);

    private long _withoutContactSince = time.GetTimestamp();

    /// <summary>Which one it is at; the first is 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Whether there is to be another one.</summary>
    public bool MayGoOn => Attempt <= Pauses.Length && Left > TimeSpan.Zero;

    private TimeSpan Left => Within - time.GetElapsedTime(_withoutContactSince);

    /// <param name="hadContact">The request was under way: from now on, and not from its beginning, is counted.</param>
    public void Lose(bool hadContact)
    {
        if (hadContact) _withoutContactSince = time.GetTimestamp();
    }

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        var (pause, left) = (TimeSpan.FromSeconds(Pauses[Attempt - 1]), Left);
        Attempt++;
        if (left > TimeSpan.Zero) await Task.Delay(pause < left ? pause : left, time, cancellationToken);
    }
}
