using BenchmarkDotNet.Attributes;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Micro;

/// <summary>What the rules of one backend cost while 10,000 requests wait for it.</summary>
public class QueueOperations
{
    private const int Waiting = 10_000;

    private readonly BackendRules _rules = new(new BackendOptions
    {
        Name = "b", Url = new Uri("http://b"), Provider = "ollama", MaxQueue = int.MaxValue, QueueTimeout = TimeSpan.FromDays(1000), Lease = TimeSpan.FromDays(1000),
    });

    private string _holder = "0";
    private int _last;

    [Params(1, 100, 10_000)]
    public int Users { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _rules.TryAcquire(Ask(), TimeSpan.Zero);
        while (_last <= Waiting) _rules.Enqueue(Ask(), TimeSpan.Zero);
    }

    /// <summary>One joins, the holder of the slot is done, the next in turn is granted it.</summary>
    [Benchmark]
    public string JoinReleaseGrant()
    {
        _rules.Enqueue(Ask(), TimeSpan.Zero);
        _rules.Release(new SlotRelease { RequestId = _holder, Outcome = SlotOutcome.Succeeded }, TimeSpan.Zero);
        return _holder = _rules.TakeEffects().Last(e => e.Answer is SlotGranted).RequestId;
    }

    /// <summary>One joins and leaves.</summary>
    [Benchmark]
    public int JoinWithdraw()
    {
        var ask = Ask();
        _rules.Enqueue(ask, TimeSpan.Zero);
        _rules.Release(new SlotRelease { RequestId = ask.RequestId, Outcome = SlotOutcome.Withdrawn }, TimeSpan.Zero);
        return _rules.TakeEffects().Count;
    }

    private SlotRequest Ask() => new() { RequestId = $"{_last}", User = $"u{_last++ % Users}", Model = "m" };
}
