namespace OrleansLlm.Grains.Backends;

/// <summary>Whether somebody watches, and whether there is news for them. Several changes of a moment are one piece of news. Pure.</summary>
internal sealed class Watched
{
    /// <summary>News go out so long after the first change that is in them.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private TimeSpan _until;
    private bool _gathering;

    /// <summary>Somebody watches for so long from now.</summary>
    public void Watch(TimeSpan lasting, TimeSpan now)
    {
        if (now + lasting > _until) _until = now + lasting;
    }

    /// <summary>Something may have changed.</summary>
    /// <returns>True: news are to go out after <see cref="Gather"/>, and <see cref="Take"/> is to be called then.</returns>
    public bool Changed(TimeSpan now)
    {
        if (_gathering || now >= _until) return false;
        return _gathering = true;
    }

    /// <summary>The time has come.</summary>
    /// <returns>Whether anybody still watches.</returns>
    public bool Take(TimeSpan now)
    {
        _gathering = false;
        return now < _until;
    }
}
