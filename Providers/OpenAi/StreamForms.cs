using System.Collections.Concurrent;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// Which models are known to refuse how they are usually asked, so that only the first request pays for finding out. An hour later it is tried again:
/// services learn, and organizations get verified.
/// </summary>
internal sealed class StreamForms(TimeProvider time)
{
    /// <summary>When it is full everything is forgotten: what still matters is learned again by the next request.</summary>
    public const int Capacity = 1000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(Uri? Address, string Model, string? Version), (StreamForm Form, long Learned)> _known = [];

    /// <summary>Hardly any process ever learns one, and every request asks.</summary>
    private volatile bool _any;

    public int Count => _known.Count;

    /// <summary>How to ask now. A client that wants a stream is never given an answer in one piece.</summary>
    public StreamForm For(UpstreamRequest request)
    {
        if (!_any || !_known.TryGetValue(Key(request), out var known) || time.GetElapsedTime(known.Learned) > Lifetime) return StreamForm.StreamWithUsage;
        return known.Form == StreamForm.Whole && request.ClientStreams ? StreamForm.StreamWithUsage : known.Form;
    }

    /// <summary>The request was answered in its form after another had been refused.</summary>
    public void Learn(UpstreamRequest request)
    {
        if (_known.Count >= Capacity) _known.Clear();
        _known[Key(request)] = (request.Form, time.GetTimestamp());
        _any = true;
    }

    private static (Uri?, string, string?) Key(UpstreamRequest request) => (request.ApiBase, request.Model, request.Account.ApiVersion);
}
