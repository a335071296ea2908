namespace OrleansLlm.Grains.Limits;

/// <summary>Writes that follow each other are made at most so often: the first at once, and the ones after it together.</summary>
internal sealed class WritePace(TimeSpan every)
{
    private TimeSpan? _next;
    private bool _due;

    /// <returns>Zero: write now. More: write after that, when <see cref="TakeDue"/> agrees. Null: a write is due already, and takes this along.</returns>
    public TimeSpan? Ask(TimeSpan now)
    {
        if (_due) return null;
        if (_next is { } next && now < next)
        {
            _due = true;
            return next - now;
        }

        _next = now + every;
        return TimeSpan.Zero;
    }

    /// <returns>Whether a write was put off until now.</returns>
    public bool TakeDue(TimeSpan now)
    {
        if (!_due) return false;
        _due = false;
        _next = now + every;
        return true;
    }
}
