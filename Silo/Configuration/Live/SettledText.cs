namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// When the text of a watched file may be taken: once it differs from what was taken last and has stayed the same for a while, so that a
/// half-written file is waited out. A file that is away for a moment (an editor's rename, a swapped link) is no change.
/// </summary>
/// <param name="inForce">What was taken last.</param>
/// <param name="settle">How long a new text must stay the same.</param>
internal sealed class SettledText(string inForce, TimeSpan settle)
{
    private string _taken = inForce;
    private string? _candidate;
    private TimeSpan _since;

    /// <param name="text">What the file says now; null: it cannot be read.</param>
    /// <returns>The new text, once; null: nothing to take, or not yet.</returns>
    public string? Observe(string? text, TimeSpan now)
    {
        if (text is null || text == _taken)
        {
            _candidate = null;
            return null;
        }

        if (text != _candidate)
        {
            (_candidate, _since) = (text, now);
            return null;
        }

        if (now - _since < settle) return null;
        _candidate = null;
        return _taken = text;
    }
}
