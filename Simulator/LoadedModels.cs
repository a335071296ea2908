namespace OrleansLlm.Simulator;

/// <summary>
/// Which models are in memory, as Ollama's scheduler keeps them (server/sched.go): one load at a time; a load belongs to the request
/// that caused it and is aborted with it; other runner options mean a reload once the running inferences are over; inferences of a loaded
/// model wait for a slot without a bound.
/// </summary>
internal sealed class LoadedModels(SimulatorOptions options, SimulatorStats stats)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Runner> _runners = [];
    private readonly SemaphoreSlim _loading = new(1);
    private int _pendingLoads;

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate) return [.. _runners.Keys];
        }
    }

    public void Unload(string model)
    {
        lock (_gate) _runners.Remove(model);
    }

    /// <summary>Waits for the load (if one is needed) and then for a slot. Dispose what it returns to leave the slot.</summary>
    /// <exception cref="ServerBusyException">Too many requests wait for a load.</exception>
    public async ValueTask<Runner.Slot> EnterAsync(string model, string runnerOptions, TimeSpan extraLoadTime, bool takeSlot, CancellationToken ct)
    {
        var warm = Use(model, runnerOptions);
        var began = options.Time.GetTimestamp();
        stats.WaitBegan();
        try
        {
            var runner = warm ?? await LoadAsync(model, runnerOptions, extraLoadTime, ct);
            var loadTime = warm is null ? options.Time.GetElapsedTime(began) : TimeSpan.Zero;
            return await runner.TakeSlotAsync(loadTime, takeSlot, ct);
        }
        finally
        {
            stats.WaitEnded();
        }
    }

    private async Task<Runner> LoadAsync(string model, string runnerOptions, TimeSpan extraLoadTime, CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref _pendingLoads) > options.MaxQueue) throw new ServerBusyException();
            await _loading.WaitAsync(ct);
            try
            {
                if (Use(model, runnerOptions) is { } loadedMeanwhile) return loadedMeanwhile;
                await MakeRoomAsync(model, ct);
                stats.LoadStarted();
                try
                {
                    var time = options.LoadTime + extraLoadTime;
                    if (time > TimeSpan.Zero) await Task.Delay(time, options.Time, ct);
                    ct.ThrowIfCancellationRequested();
                }
                catch (OperationCanceledException)
                {
                    stats.LoadAborted();
                    throw;
                }

                var runner = new Runner(runnerOptions, options.Slots) { Users = 1 };
                lock (_gate) _runners[model] = runner;
                // Whoever sees that the load is over finds the model loaded.
                stats.LoadFinished();
                return runner;
            }
            finally
            {
                _loading.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _pendingLoads);
        }
    }

    private Runner? Use(string model, string runnerOptions)
    {
        lock (_gate)
        {
            if (!_runners.TryGetValue(model, out var runner) || runner.Options != runnerOptions) return null;
            Interlocked.Increment(ref runner.Users);
            return runner;
        }
    }

    private async Task MakeRoomAsync(string model, CancellationToken ct)
    {
        Runner? leaving;
        lock (_gate)
        {
            var name = _runners.ContainsKey(model) ? model
                : _runners.Count >= options.MaxLoadedModels ? _runners.MinBy(entry => entry.Value.Users).Key
                : null;
            if (name is null || !_runners.Remove(name, out leaving)) return;
        }

        while (Volatile.Read(ref leaving.Users) > 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, ct);
    }

    /// <summary>One loaded model.</summary>
    internal sealed class Runner(string options, int slots)
    {
        public int Users;
        private readonly SemaphoreSlim? _slots = slots > 0 ? new SemaphoreSlim(slots) : null;

        public string Options => options;

        public async ValueTask<Slot> TakeSlotAsync(TimeSpan loadTime, bool takeSlot, CancellationToken ct)
        {
            try
            {
                if (takeSlot && _slots is not null) await _slots.WaitAsync(ct);
                return new Slot(this, loadTime, takeSlot);
            }
            catch
            {
                Interlocked.Decrement(ref Users);
                throw;
            }
        }

        internal readonly struct Slot(Runner runner, TimeSpan loadTime, bool taken) : IDisposable
        {
            public TimeSpan LoadTime => loadTime;

            public void Dispose()
            {
                if (taken) runner._slots?.Release();
                Interlocked.Decrement(ref runner.Users);
            }
        }
    }
}

internal sealed class ServerBusyException()
    : Exception("server busy, please try again.  maximum pending requests exceeded");
