namespace OrleansLlm.Simulator;

/// <summary>The faults still to be shown, in order. Bounded: entries past <see cref="Capacity"/> are refused.</summary>
public sealed class FaultList
{
    public const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];
    private volatile bool _any;

    public void Add(params IEnumerable<Fault> faults)
    {
        lock (_gate)
        {
            foreach (var fault in faults)
            {
                if (_faults.Count >= Capacity) throw new InvalidOperationException($"The fault list is full ({Capacity}).");
                if (fault.Count > 0) _faults.Add(fault);
            }

            _any = _faults.Count > 0;
        }
    }

    public void Clear()
    {
        lock (_gate) _faults.Clear();
        _any = false;
    }

    internal Fault? Take(string path, bool runsInferences, bool connectionReused)
    {
        if (!_any) return null;
        lock (_gate)
        {
            var at = _faults.FindIndex(fault => (fault.Path is null ? runsInferences : fault.Path == path)
                                                && (fault.Kind != FaultKind.CloseReusedConnection || connectionReused));
            if (at < 0) return null;
            var taken = _faults[at];
            if (taken.Count > 1) _faults[at] = taken with { Count = taken.Count - 1 };
            else _faults.RemoveAt(at);
            _any = _faults.Count > 0;
            return taken;
        }
    }
}
