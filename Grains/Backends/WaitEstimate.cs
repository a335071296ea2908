namespace OrleansLlm.Grains.Backends;

/// <summary>When slots will come free, from how long inferences take here as a rule and how long those that run have taken.</summary>
/// <param name="service">Average time a slot is held; null before the first inference has finished.</param>
/// <param name="ages">How long each running inference has held its slot.</param>
/// <param name="closedFor">Nothing is granted before this has passed.</param>
internal sealed class WaitEstimate(TimeSpan? service, TimeSpan[] ages, int slots, TimeSpan closedFor)
{
    /// <summary>
    /// Until the average is reached, what is missing to it; past that, as long again as it has run over (nothing better is known of answers
    /// whose lengths differ by orders of magnitude). Before there is an average the same reads: as long again as it has run.
    /// </summary>
    private readonly TimeSpan[] _left = LeftOf(service ?? TimeSpan.Zero, ages);

    private readonly TimeSpan _round = service ?? (ages.Length > 0 ? ages.Max() : TimeSpan.Zero);

    /// <summary>It rests on inferences that have finished.</summary>
    public bool IsFounded => service is not null;

    /// <summary>Time until the request at a place gets its slot; null when nothing at all is known.</summary>
    /// <param name="place">1 is next; a fraction is what a request that other queues may serve first counts.</param>
    public TimeSpan? At(double place)
    {
        if (service is null && ages.Length == 0) return closedFor > TimeSpan.Zero ? closedFor : null;
        var whole = Math.Max(1, (int)Math.Ceiling(place - 1e-9));
        var (rounds, within) = Math.DivRem(whole - 1, Math.Max(1, slots));
        var first = _left.Length > 0 ? _left[Math.Min(within, _left.Length - 1)] : TimeSpan.Zero;
        return closedFor + (first + rounds * _round) * (Math.Min(place, whole) / whole);
    }

    private static TimeSpan[] LeftOf(TimeSpan service, TimeSpan[] ages)
    {
        var left = new TimeSpan[ages.Length];
        for (var i = 0; i < left.Length; i++) left[i] = (service - ages[i]).Duration();
        Array.Sort(left);
        return left;
    }
}
