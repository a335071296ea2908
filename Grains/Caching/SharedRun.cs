using System.Runtime.CompilerServices;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// The events of one inference as they come, for any number of readers at their own pace. Nobody's pace is another's until a log is full:
/// then the upstream waits for the slowest, and nobody new is let in. Everything here happens in turns of its grain.
/// </summary>
internal sealed class SharedRun(CancellationTokenSource left)
{
    /// <summary>Bytes of events kept for those who come later or are slower.</summary>
    public const long MaxLogBytes = 4L << 20;

    private readonly TokenLog _log = new(long.MaxValue);
    private readonly SharedReaders _readers = new();
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);
    private readonly Pulse _changed = new();
    private readonly Pulse _taken = new();
    private InferenceQueued? _place;
    private bool _over;

    public bool Ended => _readers.Ended || _over;

    public int Readers => _readers.Count;

    /// <summary>Null: too long to be kept.</summary>
    public IReadOnlyList<InferenceEvent>? Whole => _log.First > 0 ? null : [.. Enumerable.Range(0, (int)_log.Last + 1).Select(n => _log[n])];

    public bool Join(string reader)
    {
        if (_over || (_log.First > 0 && !_places.ContainsKey(reader)) || !_readers.Join(reader)) return false;
        _places.TryAdd(reader, 0);
        return true;
    }

    public bool Stay(string reader) => !_over && (_readers.Stay(reader) || _readers.Ended);

    public bool Leave(string reader)
    {
        var pays = _readers.Leave(reader);
        _places.Remove(reader);
        _taken.Beat();
        CancelIfAbandoned();
        return pays;
    }

    public void Tick()
    {
        foreach (var dead in _readers.Tick()) _places.Remove(dead);
        _taken.Beat();
        CancelIfAbandoned();
    }

    public async IAsyncEnumerable<InferenceEvent> ReadAsync(string reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        InferenceQueued? shown = null;
        for (var number = 0L; ; number++)
        {
            while (number > _log.Last)
            {
                if (_over) yield break;
                if (_log.Last < 0 && _place is { } place && place != shown)
                {
                    shown = place;
                    yield return place;
                    continue;
                }

                await _changed.Next.WaitAsync(cancellationToken);
            }

            // It was taken for dead, and what it had not read yet is gone.
            if (number < _log.First) yield break;
            var next = _log[number];
            if (_places.ContainsKey(reader)) _places[reader] = number + 1;
            if (_log.Bytes >= MaxLogBytes) _taken.Beat();
            yield return next;
            if (next.IsEnd) yield break;
        }
    }

    /// <summary>The next event. Ends when there is room for another.</summary>
    public async ValueTask AppendAsync(InferenceEvent next)
    {
        if (_over) return;
        if (next is InferenceQueued place)
        {
            _place = place;
            _changed.Beat();
            return;
        }

        if (next.IsEnd) _readers.End();
        _log.Append(next);
        _changed.Beat();
        while (_log.Bytes >= MaxLogBytes && !_log.Ended && !left.IsCancellationRequested)
        {
            if (_places.Count > 0) _log.ForgetBefore(_places.Values.Min());
            if (_log.Bytes < MaxLogBytes) break;
            await _taken.Next.WaitAsync(left.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>No more comes, and it has no end: readers find that it is gone.</summary>
    public void Stop()
    {
        if (_log.Ended) return;
        _over = true;
        _changed.Beat();
    }

    private void CancelIfAbandoned()
    {
        if (!_readers.IsAbandoned || _over) return;
        Stop();
        _ = left.CancelAsync();
    }
}
