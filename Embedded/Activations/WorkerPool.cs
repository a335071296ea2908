namespace Orleans.Embedded;

/// <summary>What a call can be sent to under one key: an activation, or the workers of a stateless worker grain.</summary>
internal interface ICallTarget
{
    bool TryAccept(ICall call);
}

/// <summary>Up to so many activations of one stateless worker grain: the idlest takes the call, a new one if all are at work.</summary>
internal sealed class WorkerPool(GrainClass grainClass, string key) : ICallTarget
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];
    private bool _closed;

    public bool TryAccept(ICall call)
    {
        // A worker's mailbox accepts under its own lock, so two calls may see the same idle worker: hence the pool's lock around both.
        lock (_gate)
        {
            while (!_closed)
            {
                var idlest = _workers.MinBy(static worker => worker.Load);
                if (idlest is null || (idlest.Load > 0 && _workers.Count < grainClass.MaxWorkers))
                {
                    idlest = new Activation(grainClass, key, this);
                    _workers.Add(idlest);
                }

                if (idlest.TryAccept(call)) return true;
                _workers.Remove(idlest);
            }
        }

        return false;
    }

    /// <summary>A worker is gone. The last one closes the pool: the next call makes a new one.</summary>
    public void Forget(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            _closed = _workers.Count == 0;
            if (!_closed) return;
        }

        grainClass.Forget(key, this);
    }

    public Activation[] Workers()
    {
        lock (_gate) return [.. _workers];
    }
}
