using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Which group is tried next: the fallbacks of the one that failed, those of its failure's kind if there are any, and when they fail their
/// own, depth first, each group once and no more than the maximum. A body's <c>fallbacks</c> take the place of all that is configured, its fallbacks for one
/// kind of failure that of those for this kind. Pure.
/// </summary>
internal sealed class FallbackPlan
{
    private readonly RoutingOptions _routing;
    private readonly InferenceRequest _request;
    private readonly ImmutableArray<FallbackTarget> _own;
    private readonly bool _isList, _isOwn;
    private readonly int _most;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly LinkedList<FallbackTarget> _next = new();

    public FallbackPlan(RoutingOptions routing, InferenceRequest request)
    {
        (_routing, _request) = (routing, request);
        _seen.Add(request.Model);
        _own = request.DisableFallbacks || request.Fallbacks.IsDefault ? [] : request.Fallbacks;
        _isOwn = _own.Any(o => o.Kind == FallbackKind.General);
        _most = request.DisableFallbacks ? 0 : request.MaxFallbacks ?? routing.Fallbacks.Max;
        foreach (var target in ListOf(FallbackKind.General)) _next.AddLast(target);
        _isList = _next.Count > 0;
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
        foreach (var target in After(failed, kind).Reverse()) _next.AddFirst(target);
        while (_next.First is { } first)
        {
            _next.RemoveFirst();
            // A list of the body's may name the model itself, and one twice: with other messages.
            if (!_seen.Add(first.Value.Model) && !IsOfList(first.Value)) continue;
            Taken++;
            return first.Value;
        }

        return null;
    }

    private bool IsOfList(FallbackTarget target) => _isList && target is { Group: null, Kind: FallbackKind.General };

    private IEnumerable<FallbackTarget> ListOf(FallbackKind kind) => _own.Where(o => o.Kind == kind && o.Group is null);

    private IEnumerable<FallbackTarget> After(string failed, FailureClass kind)
    {
        if (_request.DisableFallbacks) return [];
        FallbackKind? special = kind switch
        {
            FailureClass.ContextWindow => FallbackKind.ContextWindow,
            FailureClass.ContentPolicy => FallbackKind.ContentPolicy,
            _ => null,
        };
        var targets = special is { } of ? OfKind(failed, of) : [];
        if (targets.Count == 0 && !_isList) targets = OfKind(failed, FallbackKind.General);
        return targets.Where(target => !_seen.Contains(target.Model));
    }

    private List<FallbackTarget> OfKind(string failed, FallbackKind kind)
    {
        if (_own.Any(o => o.Kind == kind)) return [.. failed == _request.Model ? ListOf(kind) : [], .. _routing.OwnFor(failed, kind, _own)];
        return _isOwn ? [] : [.. _routing.FallbacksFor(failed, kind).Select(group => new FallbackTarget(group))];
    }
}
