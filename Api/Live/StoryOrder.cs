using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>Whether the news of requests follow on those before. Pure.</summary>
internal sealed class StoryOrder
{
    private long? _ring;
    private long _next;

    /// <returns>True: some were lost on the way, or with the node that kept them. Never of the first news.</returns>
    public bool Missed(RequestNews news)
    {
        var missed = _ring is { } ring && (ring == news.Ring ? news.Before > _next : news.Before > 0);
        (_ring, _next) = (news.Ring, news.Before + news.Stories.Length);
        return missed;
    }

    /// <summary>What comes next is the first.</summary>
    public void Forget() => _ring = null;
}
