namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The requests of one priority, served by self-clocked fair queueing: each user has a virtual time that a grant moves on by 1/weight, and the
/// user whose next request would finish first in that time is next. Who comes anew starts at the virtual time of the last grant, so that nobody
/// saves up credit and nobody, however many come anew, is passed over without end.
/// </summary>
internal sealed class PriorityLevel
{
    private readonly Dictionary<string, Flow> _flows = new(StringComparer.Ordinal);
    private readonly SortedSet<Flow> _byFinish = new(Flow.ByFinish);
    private readonly Dictionary<string, SortedSet<Flow>> _byModel = new(StringComparer.Ordinal);
    private readonly Dictionary<double, Rounds> _rounds = [];
    private double _virtualTime;
    private long _numbers;

    public int Count { get; private set; }

    public Flow? Find(string user) => _flows.GetValueOrDefault(user);

    /// <param name="lastGrant">The grant that the user still profits from; 0: none.</param>
    public void Add(Waiter waiter, long lastGrant)
    {
        if (!_flows.TryGetValue(waiter.User, out var flow))
        {
            flow = new Flow(++_numbers, waiter.User, waiter.Weight, _virtualTime, lastGrant);
            _flows.Add(waiter.User, flow);
            _byFinish.Add(flow);
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
        _byFinish.Remove(flow);
    }

    /// <summary>The request to serve next.</summary>
    /// <param name="loaded">Models that need no loading.</param>
    /// <param name="patience">How long a request whose turn it is may be passed over for one whose model is loaded; zero: never.</param>
    public Waiter Next(IReadOnlyCollection<string> loaded, TimeSpan patience, TimeSpan now)
    {
        var next = _byFinish.Min!.Oldest;
        if (patience <= TimeSpan.Zero || loaded.Contains(next.Model) || now - next.PassedOverSince >= patience) return next;
        Flow? best = null;
        var bestModel = "";
        foreach (var model in loaded)
        {
            if (!_byModel.TryGetValue(model, out var flows)) continue;
            if (best is not null && Flow.ByFinish.Compare(best, flows.Min) < 0) continue;
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
        _virtualTime = Math.Max(_virtualTime, flow.Finish);
        Unsort(flow);
        flow.Charge(grant);
        Sort(flow);
        Remove(waiter);
    }

    /// <summary>
    /// How many of this level are served up to and with a user's kth request, by rounds; the true number differs by at most about one per user.
    /// </summary>
    public int ServedWith(double weight, int kth)
    {
        // A hair more than exact, so that thirds of a round add up to one.
        var rounds = kth / weight + 1e-9;
        var sum = 0;
        foreach (var (other, counts) in _rounds) sum += counts.ServedIn((int)Math.Min(rounds * other, int.MaxValue));
        return sum;
    }

    /// <summary>In the order in which they would be served if nobody came, left or aged and every model were loaded. O(n log u).</summary>
    public IEnumerable<Waiter> Forecast()
    {
        var heads = new PriorityQueue<(IEnumerator<Waiter> Waiters, double Step), (double Finish, long LastGrant, long Number)>();
        var served = long.MaxValue / 2;
        foreach (var flow in _byFinish)
        {
            var rest = flow.InOrder.GetEnumerator();
            rest.MoveNext();
            heads.Enqueue((rest, 1 / flow.Weight), (flow.Finish, flow.LastGrant, flow.Number));
        }

        while (heads.TryDequeue(out var head, out var key))
        {
            yield return head.Waiters.Current;
            if (head.Waiters.MoveNext()) heads.Enqueue(head, (key.Finish + head.Step, served++, key.Number));
        }
    }

    private void Reweigh(Flow flow, double weight)
    {
        for (var count = flow.Count; count > 0; count--) RoundsOf(flow.Weight).Shrank(count);
        Unsort(flow);
        flow.Weight = weight;
        Sort(flow);
        for (var count = 1; count <= flow.Count; count++) RoundsOf(weight).Grew(count);
    }

    private void Sort(Flow flow)
    {
        _byFinish.Add(flow);
        foreach (var model in flow.Models) Index(model, flow);
    }

    private void Unsort(Flow flow)
    {
        _byFinish.Remove(flow);
        foreach (var model in flow.Models) Unindex(model, flow);
    }

    private void Index(string model, Flow flow)
    {
        if (!_byModel.TryGetValue(model, out var flows)) _byModel.Add(model, flows = new SortedSet<Flow>(Flow.ByFinish));
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
