using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The numbered events of one inference, bounded by bytes: when it is full the oldest go, so that whoever lost its connection a moment ago
/// can still resume. The newest event is kept whatever its size.
/// </summary>
internal sealed class TokenLog(long maxBytes)
{
    public const int MaxPageEvents = 500;

    /// <summary>A page is one message. A single larger event is a page of its own.</summary>
    public const long MaxPageBytes = 64 * 1024;

    /// <summary>What an event costs beside its JSON, so that the bound holds for many tiny events as well.</summary>
    public const int EventOverhead = 64;

    // The first _gone places have been forgotten and are given back when they are the larger half.
    private readonly List<InferenceEvent?> _events = [];
    private int _gone;

    public long Bytes { get; private set; }

    /// <summary>Number of the oldest event that is kept.</summary>
    public long First { get; private set; }

    /// <summary>Number of the newest event; -1 when there was none.</summary>
    public long Last => First + _events.Count - _gone - 1;

    public bool Ended { get; private set; }

    public InferenceEvent this[long number] => _events[PlaceOf(number)]!;

    public static long SizeOf(InferenceEvent next) => EventOverhead + (next is TokenChunk chunk ? chunk.Json.Length : 0);

    public void Append(InferenceEvent next)
    {
        if (Ended) throw new InvalidOperationException("An inference went on after its end.");
        _events.Add(next);
        Bytes += SizeOf(next);
        Ended = next.IsEnd;
        while (Bytes > maxBytes && First < Last) ForgetFirst();
    }

    /// <summary>Drops what the only reader has.</summary>
    public void ForgetBefore(long number)
    {
        while (First < number && First <= Last) ForgetFirst();
    }

    public LogAnswer Read(long from, int maxEvents = MaxPageEvents)
    {
        if (from > Last + 1) return new LogRefused(LogRefusal.Beyond, First, Last);
        if (from < First) return new LogRefused(LogRefusal.Gone, First, Last);
        return new LogPage(from, Take(from, Math.Min(maxEvents, MaxPageEvents)), Last, Ended);
    }

    private ImmutableArray<InferenceEvent> Take(long from, int most)
    {
        var count = (int)Math.Min(most, Last + 1 - from);
        if (count <= 0) return [];
        var page = new InferenceEvent[count];
        var taken = 0;
        for (var bytes = 0L; taken < count; taken++)
        {
            var next = this[from + taken];
            bytes += SizeOf(next);
            if (taken > 0 && bytes > MaxPageBytes) break;
            page[taken] = next;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(taken == count ? page : page[..taken]);
    }

    private void ForgetFirst()
    {
        Bytes -= SizeOf(this[First]);
        _events[_gone++] = null;
        First++;
        if (_gone < 64 || _gone < _events.Count / 2) return;
        _events.RemoveRange(0, _gone);
        _gone = 0;
    }

    private int PlaceOf(long number) => (int)(number - First) + _gone;
}
