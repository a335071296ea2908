namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The requests of one priority, served by start-time fair queueing: each user has a virtual time that a grant moves on by 1/weight, and the user
/// who is furthest behind is next. Who comes anew starts where the last grant did, or where it left off if that is later: nobody saves up
/// credit. A grant to one who came anew moves that start on by the share that one user has of all, so that nobody who waits is passed over
/// without end, however many come anew.
/// </summary>
internal sealed class PriorityLevel
{
    private readonly Dictionary<string, Flow> _flows = new(StringComparer.Ordinal);
    private readonly SortedSet<Flow> _byStart = new(Flow.ByStart);
    private readonly Dictionary<string, SortedSet<Flow>> _byModel = new(StringComparer.Ordinal);
    private readonly Dictionary<double, Rounds> _rounds = [];
    private readonly VirtualTimes _paidAhead = new();
    private double _virtualTime;
    private double _weights;
    private long _numbers;

    public int Count { get; private set; }

    /// <summary>What a user of weight 1 who had always waited would have been due, in grants.</summary>
    public double Turns { get; private set; }

    /// <summary>Grants by which the worst-off user is behind its share since it came; never negative.</summary>
    public double WorstLag => Math.Max(0, _flows.Values.Select(LagOf).DefaultIfEmpty().Max());

    public Flow? Find(string user) => _flows.GetValueOrDefault(user);

    /// <param name="lastGrant">The grant that the user still profits from; 0: none.</param>
    public void Add(Waiter waiter, long lastGrant)
    {
        if (!_flows.TryGetValue(waiter.User, out var flow))
        {
            flow = new Flow(++_numbers, waiter.User, waiter.Weight, _paidAhead.Take(waiter.User, atLeast: _virtualTime), lastGrant);
            flow.CameAt = Turns;
            _flows.Add(waiter.User, flow);
            _weights += flow.Weight;
            _byStart.Add(flow);
        }
        else if (flow.Weight != waiter.Weight)
        {
            Reweigh(flow, waiter.Weight);
        }

        if (flow.Add(waiter)) Index(waiter.Model, flow);
        RoundsOf(flow.Weight).Grew(flow.Count);
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        var flow = _flows[waiter.User];
        RoundsOf(flow.Weight).Shrank(flow.Count);
        if (flow.Remove(waiter)) Unindex(waiter.Model, flow);
        Count--;
        if (flow.Count > 0) return;
        _flows.Remove(flow.User);
        _weights = _flows.Count == 0 ? 0 : _weights - flow.Weight;
        if (flow.Start > _virtualTime) _paidAhead.Add(flow.User, flow.Start);
        _byStart.Remove(flow);
    }

    /// <summary>The request to serve next.</summary>
    /// <param name="loaded">Models that need no loading.</param>
    /// <param name="patience">How long a request whose turn it is may be passed over for one whose model is loaded; zero: never.</param>
    public Waiter Next(IReadOnlyCollection<string> loaded, TimeSpan patience, TimeSpan now)
    {
        var next = _byStart.Min!.Oldest;
        if (patience <= TimeSpan.Zero || loaded.Contains(next.Model) || now - next.PassedOverSince >= patience) return next;
        Flow? best = null;
        var bestModel = "";
        foreach (var model in loaded)
        {
            if (!_byModel.TryGetValue(model, out var flows)) continue;
            if (best is not null && Flow.ByStart.Compare(best, flows.Min) < 0) continue;
            (best, bestModel) = (flows.Min, model);
        }

        if (best is null) return next;
        next.PassedOverSince ??= now;
        return best.OldestFor(bestModel);
    }

    /// <summary>Takes a request out because it was granted, at its user's expense.</summary>
    public void Serve(Waiter waiter, long grant)
    {
        var flow = _flows[waiter.User];
        _virtualTime = Math.Max(_virtualTime, flow.Start);
        if (flow.IsFresh) _virtualTime += 1 / _weights;
        Turns += 1 / _weights;
        _paidAhead.ForgetUpTo(_virtualTime);
        Unsort(flow);
        flow.Charge(grant);
        Sort(flow);
        Remove(waiter);
    }

    /// <summary>
    /// How many of this level are served up to and with a user's kth request, by rounds; the true number differs by one or two per user.
    /// </summary>
    public int ServedWith(Flow flow, int kth)
    {
        // Who came while holding a slot stands behind all of equal standing.
        var rounds = flow is { IsFresh: true, LastGrant: > 0 } ? kth : kth - 1;
        var ahead = Math.Max(0, flow.Start - _virtualTime) + rounds / flow.Weight;
        var sum = kth - Math.Min(flow.Count, RoundsIn(ahead, flow.Weight));
        foreach (var (weight, counts) in _rounds) sum += counts.ServedIn(RoundsIn(ahead, weight));
        return sum;
    }

    private static int RoundsIn(double virtualTime, double weight) => (int)Math.Min(Math.Round(virtualTime * weight), int.MaxValue);

    /// <summary>In the order in which they would be served if nobody came, left or aged and every model were loaded. O(n log u).</summary>
    public IEnumerable<Waiter> Forecast()
    {
        var heads = new PriorityQueue<(IEnumerator<Waiter> Waiters, double Step), (double Start, long LastGrant, long Number)>();
        var served = long.MaxValue / 2;
        foreach (var flow in _byStart)
        {
            var rest = flow.InOrder.GetEnumerator();
            rest.MoveNext();
            heads.Enqueue((rest, 1 / flow.Weight), (flow.Start, flow.LastGrant, flow.Number));
        }

        while (heads.TryDequeue(out var head, out var key))
        {
            yield return head.Waiters.Current;
            if (head.Waiters.MoveNext()) heads.Enqueue(head, (key.Start + head.Step, served++, key.Number));
        }
    }

    private double LagOf(Flow flow) => (flow.Weight * (Turns - flow.CameAt)) - flow.Got;

    private void Reweigh(Flow flow, double weight)
    {
        for (var count = flow.Count; count > 0; count--) RoundsOf(flow.Weight).Shrank(count);
        Unsort(flow);
        flow.CameAt = Turns - ((LagOf(flow) + flow.Got) / weight);
        _weights += weight - flow.Weight;
        flow.Weight = weight;
        Sort(flow);
        for (var count = 1; count <= flow.Count; count++) RoundsOf(weight).Grew(count);
    }

    private void Sort(Flow flow)
    {
        _byStart.Add(flow);
        foreach (var model in flow.Models) Index(model, flow);
    }

    private void Unsort(Flow flow)
    {
        _byStart.Remove(flow);
        foreach (var model in flow.Models) Unindex(model, flow);
    }

    private void Index(string model, Flow flow)
    {
        if (!_byModel.TryGetValue(model, out var flows)) _byModel.Add(model, flows = new SortedSet<Flow>(Flow.ByStart));
        flows.Add(flow);
    }

    private void Unindex(string model, Flow flow)
    {
        var flows = _byModel[model];
        flows.Remove(flow);
        if (flows.Count == 0) _byModel.Remove(model);
    }

    private Rounds RoundsOf(double weight)
    {
        if (!_rounds.TryGetValue(weight, out var rounds)) _rounds.Add(weight, rounds = new Rounds());
        return rounds;
    }
}
