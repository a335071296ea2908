using System.Collections.Immutable;
using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Recent;

/// <summary>The newest stories, so many at most. A request that is told of twice is kept once, as it was told last. Pure.</summary>
internal sealed class StoryRing(int capacity)
{
    private readonly Dictionary<string, LinkedListNode<RequestStory>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<RequestStory> _newestFirst = new();

    public int Count => _byId.Count;

    public void Add(RequestStory story)
    {
        if (_byId.Remove(story.RequestId, out var same)) _newestFirst.Remove(same);
        else if (_byId.Count == capacity) DropOldest();
        _byId.Add(story.RequestId, _newestFirst.AddFirst(story));
    }

    public RequestStory? Find(string requestId) => _byId.GetValueOrDefault(requestId)?.Value;

    public ImmutableArray<RequestStory> List(StoryQuery query)
    {
        var matching = _newestFirst.Where(query.Matches);
        if (query.SlowFirst) matching = matching.OrderByDescending(s => s.Took);
        return [.. matching.Take(Math.Clamp(query.Most, 0, capacity))];
    }

    private void DropOldest()
    {
        _byId.Remove(_newestFirst.Last!.Value.RequestId);
        _newestFirst.RemoveLast();
    }
}
