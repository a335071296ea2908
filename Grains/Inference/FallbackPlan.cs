using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Which group is tried next: the fallbacks of the one that failed, those of its failure's kind if there are any, and when they fail their
/// own, depth first, each group once and no more than the maximum. A body's <c>fallbacks</c> take the place of all that. Pure.
/// </summary>
internal sealed class FallbackPlan
{
    private readonly RoutingOptions _routing;
    private readonly bool _fixed;
    private readonly int _most;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly LinkedList<FallbackTarget> _next = new();

    public FallbackPlan(RoutingOptions routing, InferenceRequest request)
    {
        _routing = routing;
        _seen.Add(request.Model);
        _fixed = request.DisableFallbacks || !request.Fallbacks.IsDefaultOrEmpty;
        _most = request.DisableFallbacks ? 0 : request.MaxFallbacks ?? routing.Fallbacks.Max;
        if (_fixed && !request.DisableFallbacks)
        {
            foreach (var target in request.Fallbacks) _next.AddLast(target);
        }
    }

    /// <summary>How many groups have been given out.</summary>
    public int Taken { get; private set; }

    /// <summary>Whether <see cref="Next"/> would have something after such a failure of a group.</summary>
    public bool HasNext(string failed, FailureClass kind) => Taken < _most && (_next.Count > 0 || After(failed, kind).Any());

    /// <summary>The group to try after one has failed; null: there is none.</summary>
    public FallbackTarget? Next(string failed, FailureClass kind)
    {
        if (Taken >= _most) return null;
        // Its own fallbacks come before those of the group it stood in for.
        foreach (var group in After(failed, kind).Reverse()) _next.AddFirst(new FallbackTarget(group));
        while (_next.First is { } first)
        {
            _next.RemoveFirst();
            if (!_fixed && !_seen.Add(first.Value.Model)) continue;
            Taken++;
            return first.Value;
        }

        return null;
    }

    private IEnumerable<string> After(string failed, FailureClass kind)
    {
        if (_fixed) return [];
        var own = kind switch
        {
            FailureClass.ContextWindow => _routing.FallbacksFor(failed, FallbackKind.ContextWindow),
            FailureClass.ContentPolicy => _routing.FallbacksFor(failed, FallbackKind.ContentPolicy),
            _ => [],
        };
        return (own.IsEmpty ? _routing.FallbacksFor(failed) : own).Where(group => !_seen.Contains(group));
    }
}
