using System.Collections.Immutable;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>The last 15 minutes of a backend in pieces of 15 s, and its last times to a first token. Pure: time is an argument. Bounded.</summary>
internal sealed class BackendHistory
{
    public const int Pieces = 60;

    public static readonly TimeSpan Piece = TimeSpan.FromSeconds(15);

    private const int MostFirstTokens = 256;

    private readonly Entry[] _ring = new Entry[Pieces];
    private readonly Queue<(TimeSpan At, TimeSpan Took)> _firstTokens = new();

    /// <summary>So many run and wait now.</summary>
    public void Stands(int running, int waiting, TimeSpan now)
    {
        // Quiet pieces take no space, but one that was busy before it became quiet was busy.
        if (running == 0 && waiting == 0) return;
        ref var entry = ref At(now);
        entry.Running = Math.Max(entry.Running, running);
        entry.Waiting = Math.Max(entry.Waiting, waiting);
    }

    public void Ended(SlotRelease release, TimeSpan now)
    {
        if (release.Outcome is SlotOutcome.Withdrawn) return;
        ref var entry = ref At(now);
        entry.Tokens += release.CompletionTokens;
        if (release.Outcome == SlotOutcome.Succeeded) entry.Served++;
        else if (release.Outcome is not (SlotOutcome.ClientGone or SlotOutcome.CallerFault)) entry.Failed++;
        if (release.TimeToFirstToken is not { } first) return;
        if (_firstTokens.Count == MostFirstTokens) _firstTokens.Dequeue();
        _firstTokens.Enqueue((now, first));
    }

    /// <summary>The oldest first, without the quiet ones.</summary>
    public ImmutableArray<BackendMoment> Moments(TimeSpan now)
    {
        var newest = NumberOf(now);
        return
        [
            .. _ring.Where(e => e.Number > newest - Pieces && !e.IsQuiet).OrderBy(e => e.Number)
                .Select(e => new BackendMoment(now - (e.Number - 1) * Piece, e.Served, e.Failed, e.Tokens, e.Running, e.Waiting)),
        ];
    }

    /// <param name="share">0.5: half of the answers had begun by then.</param>
    public TimeSpan? FirstToken(double share, TimeSpan now)
    {
        var recent = _firstTokens.Where(f => now - f.At <= Pieces * Piece).Select(f => f.Took).Order().ToList();
        return recent.Count == 0 ? null : recent[(int)Math.Min(recent.Count - 1, Math.Ceiling(share * recent.Count) - 1)];
    }

    /// <summary>Over the piece that has begun and the three before it.</summary>
    public double TokensPerSecond(TimeSpan now)
    {
        const int Before = 3;
        var newest = NumberOf(now);
        var seconds = (now - (newest - 1) * Piece + Before * Piece).TotalSeconds;
        return _ring.Where(e => e.Number > 0 && e.Number >= newest - Before).Sum(e => e.Tokens) / Math.Max(1, Math.Min(seconds, now.TotalSeconds));
    }

    private ref Entry At(TimeSpan now)
    {
        var number = NumberOf(now);
        ref var entry = ref _ring[number % Pieces];
        if (entry.Number != number) entry = new Entry { Number = number };
        return ref entry;
    }

    /// <summary>Pieces are counted from 1: an entry that was never used has 0.</summary>
    private static long NumberOf(TimeSpan now) => now.Ticks / Piece.Ticks + 1;

    private struct Entry
    {
        public long Number;
        public int Served;
        public int Failed;
        public long Tokens;
        public int Running;
        public int Waiting;

        public readonly bool IsQuiet => Number == 0 || (Served == 0 && Failed == 0 && Tokens == 0 && Running == 0 && Waiting == 0);
    }
}
