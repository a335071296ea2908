namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// When the text of a watched file may be taken: once it differs from what was taken last and has stayed the same for a while, so that a
/// half-written file is waited out. A file that is away for a moment (an editor's rename, a swapped link) is no change.
/// </summary>
/// <param name="inForce">What was taken last.</param>
/// <param name="settle">How long a new text must stay the same.</param>
/// <param name="again">After how long one that was refused is given once more: what was wrong may have been in a file that it names.</param>
internal sealed class SettledText(string inForce, TimeSpan settle, TimeSpan again)
{
    private string _given = inForce;
    private bool _inForce = true;
    private TimeSpan _givenAt;
    private string? _candidate;
    private TimeSpan _since;

    /// <param name="text">What the file says now; null: it cannot be read.</param>
    /// <returns>The new text, once, and again as long as nobody has put it in force; null: nothing to take, or not yet.</returns>
    public string? Observe(string? text, TimeSpan now)
    {
        if (text is null || text == _given)
        {
            _candidate = null;
            return text is null || _inForce || now - _givenAt < again ? null : Give(text, now);
        }

        if (text != _candidate)
        {
            (_candidate, _since) = (text, now);
            return null;
        }

        return now - _since < settle ? null : Give(text, now);
    }

    /// <summary>What was given last is.</summary>
    public void InForce() => _inForce = true;

    private string Give(string text, TimeSpan now)
    {
        (_candidate, _inForce, _givenAt) = (null, false, now);
        return _given = text;
    }
}
