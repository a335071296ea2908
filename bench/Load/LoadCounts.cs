using System.Collections.Concurrent;

namespace OrleansLlm.Bench.Load;

/// <summary>What users have seen while it is open: before, the target is warming up; after, its last answers come in.</summary>
internal sealed class LoadCounts
{
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private volatile bool _open;
    private long _requests;
    private long _chunks;

    /// <summary>Time to the end of an answer.</summary>
    public Histogram Latency { get; } = new();

    /// <summary>Time to the first event of a stream.</summary>
    public Histogram FirstToken { get; } = new();

    /// <summary>Time between two pieces of a stream.</summary>
    public Histogram Gaps { get; } = new();

    /// <summary>Whole answers.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Tokens of streams as they came, so that a long stream counts where it ran.</summary>
    public long Chunks => Interlocked.Read(ref _chunks);

    /// <summary>What went wrong, and how often; also outside the window.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public bool Open
    {
        get => _open;
        set => _open = value;
    }

    /// <summary>Whether each of the figures has something to stand on.</summary>
    public bool HasAll(LoadShape shape) => Requests > 0 && (!shape.Stream || (FirstToken.Count > 0 && Chunks > 0)) && (shape.GapMs == 0 || Gaps.Count > 0);

    public void Answered(long microseconds)
    {
        if (!_open) return;
        Interlocked.Increment(ref _requests);
        Latency.Add(microseconds);
    }

    public void Tokens(int tokens)
    {
        if (_open) Interlocked.Add(ref _chunks, tokens);
    }

    public void First(long microseconds)
    {
        if (_open) FirstToken.Add(microseconds);
    }

    public void Gap(long microseconds)
    {
        if (_open) Gaps.Add(microseconds);
    }

    public void Failed(string what) => _failures.AddOrUpdate(what, 1, (_, count) => count + 1);
}
