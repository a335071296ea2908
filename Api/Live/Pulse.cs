namespace OrleansLlm.Api.Live;

/// <summary>
/// Whether a subscription still brings anything. Whoever is asked how it is says so on its stream as well: an answer of which nothing is heard there before the next round of
/// questions is a silence, and some silences in a row are a loss. A stream that stays silent is given twice as long each time. Pure; counts rounds, not seconds.
/// </summary>
internal sealed class Pulse
{
    /// <summary>Silences that are a loss: more than one, since what was asked a moment ago may still be on its way.</summary>
    public const int FirstPatience = 2;

    /// <summary>The longest that a silent stream is given: a minute, at a round each five seconds.</summary>
    public const int LastPatience = 12;

    private int _patience = FirstPatience;
    private int _silences;
    private bool _owed;
    private bool _heard;

    /// <summary>There is a new subscription.</summary>
    public void Begin() => (_silences, _owed, _heard) = (0, false, false);

    public void Heard() => (_patience, _heard) = (FirstPatience, true);

    /// <summary>A round of questions is over.</summary>
    /// <param name="answered">Somebody has answered, and tells the stream as well.</param>
    /// <returns>True: the subscription is lost.</returns>
    public bool Round(bool answered)
    {
        var silent = _owed && !_heard;
        if (_heard) _silences = 0;
        (_owed, _heard) = (answered, false);
        if (!silent || ++_silences < _patience) return false;
        _silences = 0;
        _patience = Math.Min(_patience * 2, LastPatience);
        return true;
    }
}
