namespace OrleansLlm.Bench.Scale;

/// <summary>
/// A cluster as events: requests that come by chance, each chunk of each stream, the calls between silos, the queues of the backends, the grain that counts for all, the ledger. Calls
/// are charged when they begin, and how long they take adds up: what a full silo does to those behind it is there, the order within a millisecond is not. Repeatable.
/// </summary>
internal sealed class ScaleSimulation
{
    /// <summary>Queues that a request waits in, and backends that it tries: as CandidateParts of the gateway.</summary>
    private const int Part = 32;

    private const double Second = 1e6;

    private enum What
    {
        Arrival,
        Start,
        Chunk,
        Death,
        SlotsBack,
    }

    private sealed class Stream
    {
        public int Silo;
        public int Backend = -1;
        public int Left;
        public double Asked;
        public bool Gone;
    }

    private readonly ScaleCosts _costs;
    private readonly ScaleSetting _setting;
    private readonly Random _random = new(1);
    private readonly PriorityQueue<(What What, Stream? Of), double> _events = new();
    private readonly Server[] _silos;
    private readonly Server _all = new(1);
    private readonly Server _ledger = new(1);
    private readonly int[] _running;
    private readonly Queue<Stream>[] _waiting;
    private readonly List<Stream> _lost = [];
    private int _dead = -1;
    private double _knownAt;

    public ScaleSimulation(ScaleCosts costs, ScaleSetting setting)
    {
        (_costs, _setting) = (costs, setting);
        _silos = [.. Enumerable.Range(0, setting.Silos).Select(_ => new Server(setting.CoresPerSilo))];
        _running = new int[setting.Backends];
        _waiting = [.. Enumerable.Range(0, setting.Backends).Select(_ => new Queue<Stream>())];
    }

    /// <summary>From a request's arrival to the call of its backend.</summary>
    public Delays Admitted { get; } = new();

    /// <summary>What a chunk waits for a core and takes.</summary>
    public Delays Chunks { get; } = new();

    public int Open { get; private set; }

    public int Waiting { get; private set; }

    public int LostStreams => _lost.Count;

    public double CpuOfASilo => _silos.Where((_, silo) => silo != _dead).Average(s => s.Demand) / (_setting.Seconds * Second);

    public double BusyOfAll => _all.Demand / (_setting.Seconds * Second);

    /// <summary>Rows that wait for the database at the end.</summary>
    public double LedgerBacklog => _ledger.BacklogAt(_setting.Seconds * Second) / Second * _costs.LedgerRowsPerSecond;

    public ScaleSimulation Run()
    {
        var period = Second / _setting.ChunksPerSecond;
        for (var i = 0; i < Math.Min(_setting.Streams, _setting.Backends * _setting.SlotsPerBackend); i++)
        {
            var stream = new Stream { Silo = i % _setting.Silos, Backend = i % _setting.Backends, Left = _random.Next(1, _setting.ChunksPerStream) };
            _running[stream.Backend]++;
            Open++;
            _events.Enqueue((What.Chunk, stream), _random.NextDouble() * period);
        }

        _events.Enqueue((What.Arrival, null), Between());
        if (_setting.DeathAt is { } death) _events.Enqueue((What.Death, null), death * Second);
        while (_events.TryDequeue(out var next, out var now) && now < _setting.Seconds * Second) Step(next.What, next.Of, now, period);
        return this;
    }

    private void Step(What what, Stream? stream, double now, double period)
    {
        switch (what)
        {
            case What.Arrival:
                if (stream is null) _events.Enqueue((What.Arrival, null), now + Between());
                Arrive(now, stream);
                break;
            case What.Start:
                Admitted.Add(now - stream!.Asked);
                _events.Enqueue((What.Chunk, stream), now + period);
                break;
            case What.Chunk when !stream!.Gone:
                Chunks.Add(_silos[stream.Silo].Serve(now, _costs.Chunk));
                if (--stream.Left > 0) _events.Enqueue((What.Chunk, stream), now + period);
                else End(stream, now);
                break;
            case What.Death:
                Die(now);
                break;
            case What.SlotsBack:
                foreach (var lost in _lost) Free(lost.Backend, now);
                break;
        }
    }

    private void Arrive(double now, Stream? again = null)
    {
        var stream = again ?? new Stream { Silo = LivingSilo(), Asked = now, Left = _setting.ChunksPerStream };
        var took = _silos[stream.Silo].Serve(now, _costs.Request);
        var user = again is null ? _random.Next(_setting.Silos) : stream.Silo;
        if (Unreachable(user, now))
        {
            _events.Enqueue((What.Arrival, stream), _knownAt);
            return;
        }

        // The one for all is on the first silo.
        took += Call(stream.Silo, user, now);
        if (_setting.LimitOfAll) took += Call(stream.Silo, 0, now) + _all.Serve(now, _costs.Turn);
        var asked = Math.Min(_setting.Asked, _setting.Backends);
        var drawn = Draw(Math.Max(Part, asked));
        took += Enumerable.Range(0, asked).Select(i => Call(stream.Silo, SiloOf(drawn[i]), now)).DefaultIfEmpty().Max();
        if (asked > 0) Array.Sort(drawn, (a, b) => _running[a].CompareTo(_running[b]));
        foreach (var backend in drawn.Take(Part))
        {
            took += Call(stream.Silo, SiloOf(backend), now);
            if (_running[backend] >= _setting.SlotsPerBackend || Unreachable(SiloOf(backend), now)) continue;
            Start(stream, backend, now + took);
            return;
        }

        Waiting++;
        foreach (var backend in drawn.Take(Part))
        {
            Call(stream.Silo, SiloOf(backend), now);
            _waiting[backend].Enqueue(stream);
        }
    }

    private void Start(Stream stream, int backend, double at)
    {
        stream.Backend = backend;
        _running[backend]++;
        Open++;
        _events.Enqueue((What.Start, stream), at);
    }

    private void End(Stream stream, double now)
    {
        Open--;
        Call(stream.Silo, SiloOf(stream.Backend), now);
        Call(stream.Silo, _random.Next(_setting.Silos), now);
        if (_setting.LimitOfAll)
        {
            Call(stream.Silo, 0, now);
            _all.Serve(now, 2 * _costs.Turn);
        }

        _ledger.Serve(now, Second / _costs.LedgerRowsPerSecond);
        Free(stream.Backend, now);
    }

    private void Free(int backend, double now)
    {
        _running[backend]--;
        while (_waiting[backend].TryDequeue(out var next))
        {
            if (next.Backend >= 0 || next.Gone) continue;
            Waiting--;
            // The others are told that it has left.
            for (var i = 1; i < Part; i++) Call(next.Silo, _random.Next(_setting.Silos), now);
            Start(next, backend, now + Call(next.Silo, SiloOf(backend), now));
            return;
        }
    }

    /// <summary>Its streams end, and their clients ask again at once.</summary>
    private void Die(double now)
    {
        (_dead, _knownAt) = (_setting.Silos - 1, now + (_setting.DeathUnknownFor * Second));
        foreach (var (what, of) in _events.UnorderedItems.Select(e => e.Element).ToList())
        {
            if (what != What.Chunk || of is not { Gone: false } stream || stream.Silo != _dead) continue;
            stream.Gone = true;
            Open--;
            _lost.Add(stream);
        }

        foreach (var _ in _lost) Arrive(now);
        _events.Enqueue((What.SlotsBack, null), now + (_setting.Lease * Second));
    }

    /// <returns>How long the answer takes. A process that has died refuses at once; what lived in it is nowhere until that is known.</returns>
    private double Call(int from, int to, double now)
    {
        if (from == to) return _silos[from].Serve(now, _costs.CallWithin);
        return _silos[from].Serve(now, _costs.CallOnEachSide) + (to == _dead ? 0 : _silos[to].Serve(now, _costs.CallOnEachSide));
    }

    private bool Unreachable(int silo, double now) => silo == _dead && now < _knownAt;

    private int LivingSilo()
    {
        while (true)
        {
            if (_random.Next(_setting.Silos) is var silo && silo != _dead) return silo;
        }
    }

    private int SiloOf(int backend) => backend % _setting.Silos;

    private double Between() => -Math.Log(1 - _random.NextDouble()) / _setting.RequestsPerSecond * Second;

    private int[] Draw(int count)
    {
        if (count >= _setting.Backends) return [.. Enumerable.Range(0, _setting.Backends).OrderBy(_ => _random.Next())];
        var drawn = new HashSet<int>();
        while (drawn.Count < count) drawn.Add(_random.Next(_setting.Backends));
        return [.. drawn];
    }
}
