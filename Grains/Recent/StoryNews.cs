using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Recent;

/// <summary>What those who watch have not been told of yet, so many of the newest at most, and whether anybody watches. Pure.</summary>
/// <param name="ring">What tells this count from another's.</param>
internal sealed class StoryNews(long ring)
{
    public const int Most = 200;

    private readonly Queue<RequestStory> _untold = new();
    private TimeSpan _watchedUntil;
    private long _all;
    private bool _due;

    /// <summary>Somebody watches for so long from now, and is to hear something in any case.</summary>
    /// <returns>True: <see cref="Take"/> is to be called soon.</returns>
    public bool Watch(TimeSpan lasting, TimeSpan now)
    {
        if (now + lasting > _watchedUntil) _watchedUntil = now + lasting;
        return BecomesDue();
    }

    /// <returns>As of <see cref="Watch"/>.</returns>
    public bool Add(IReadOnlyCollection<RequestStory> stories, TimeSpan now)
    {
        _all += stories.Count;
        if (now >= _watchedUntil) return false;
        foreach (var story in stories) _untold.Enqueue(story);
        while (_untold.Count > Most) _untold.Dequeue();
        return BecomesDue();
    }

    /// <returns>Null: nobody watches any more.</returns>
    public RequestNews? Take(TimeSpan now)
    {
        _due = false;
        var news = new RequestNews([.. _untold], ring, _all - _untold.Count);
        _untold.Clear();
        return now < _watchedUntil ? news : null;
    }

    private bool BecomesDue() => !_due && (_due = true);
}
