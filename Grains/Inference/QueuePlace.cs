using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Where one request stands with one backend while it waits: in its queue for one of its deployments, or outside for a while, because the backend could not
/// be reached or has refused it for a reason that passes.
/// </summary>
/// <param name="deployments">Those of the backend that may serve it, in the order in which they are asked.</param>
internal sealed class QueuePlace(ImmutableArray<Candidate> deployments)
{
    /// <summary>Until it is asked again where the refusal does not say when.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);

    /// <summary>However long a service says that it wants to be left alone: asking its backend again costs little.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private SlotRefused?[]? _refused;
    private int _at;

    public string Backend => deployments[0].Backend;

    /// <summary>For which it waits, or would.</summary>
    public Candidate Candidate => deployments[_at];

    /// <summary>The last that was heard of it: nothing, for it could not be reached.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Why it does not wait there, in the order of the deployments.</summary>
    public IEnumerable<SlotRefused> Refusals => _refused?.OfType<SlotRefused>() ?? [];

    /// <summary>How long it stays outside; null: it waits, or is not wanted any more.</summary>
    public TimeSpan? Outside { get; private set; }

    /// <summary>It is not outside, and not refused for good.</summary>
    public bool Waits { get; private set; } = true;

    public void Lost(TimeSpan askAgainAfter) => (IsLost, Waits, Outside) = (true, false, askAgainAfter);

    /// <summary>Its backend has refused the deployment for which it would wait: another one is next, or all are asked again when the first of them may be well.</summary>
    public void Refuse(SlotRefused refused, TimeSpan leastOutside)
    {
        IsLost = false;
        _refused ??= new SlotRefused?[deployments.Length];
        _refused[_at] = refused;
        var own = refused.Reason is RefusalReason.Sidelined or RefusalReason.OverLimit;
        if (own && Array.IndexOf(_refused, null) is >= 0 and var next)
        {
            (_at, Waits, Outside) = (next, true, null);
            return;
        }

        Waits = false;
        Outside = own || refused.Reason == RefusalReason.CircuitOpen ? Refusals.Select(r => r.RetryAfter ?? Usual).Append(Longest).Min() : null;
        if (Outside < leastOutside) Outside = leastOutside;
    }

    /// <summary>It asks again, for all of the deployments.</summary>
    public void Return() => (_refused, _at, IsLost, Waits, Outside) = (null, 0, false, true, null);
}
