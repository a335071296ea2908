namespace OrleansLlm.Bench.Queue;

/// <summary>Where a request is sent: to one backend chosen up front, or to all of them.</summary>
internal abstract class Choice(string name)
{
    public string Name => name;

    public abstract IReadOnlyList<int> Of(SimulatedCluster cluster, Random random);

    public virtual void Watch(SimulatedCluster cluster)
    {
    }

    public static IReadOnlyList<Choice> All() =>
        [new AtRandom(), new RoundRobin(), new LeastBusyNow(), new LeastBusyThen(0.5), new LateBinding()];

    private sealed class AtRandom() : Choice("random")
    {
        public override IReadOnlyList<int> Of(SimulatedCluster cluster, Random random) => [random.Next(cluster.Count)];
    }

    private sealed class RoundRobin() : Choice("round robin")
    {
        private int _next;

        public override IReadOnlyList<int> Of(SimulatedCluster cluster, Random random) => [_next++ % cluster.Count];
    }

    private sealed class LeastBusyNow() : Choice("least busy, exact")
    {
        public override IReadOnlyList<int> Of(SimulatedCluster cluster, Random random) => [Least(cluster.Count, cluster.LoadOf, random)];
    }

    /// <summary>What a proxy with several workers, or with a poll, really sees.</summary>
    private sealed class LeastBusyThen(double age) : Choice("least busy, snapshot 0.5 old")
    {
        private readonly Queue<(double Time, int Backend, int Load)> _changes = new();
        private int[] _seen = [];

        public override void Watch(SimulatedCluster cluster)
        {
            _seen = new int[cluster.Count];
            cluster.LoadChanged = backend => _changes.Enqueue((cluster.Now, backend, cluster.LoadOf(backend)));
        }

        public override IReadOnlyList<int> Of(SimulatedCluster cluster, Random random)
        {
            while (_changes.TryPeek(out var change) && change.Time <= cluster.Now - age)
            {
                _seen[change.Backend] = change.Load;
                _changes.Dequeue();
            }

            return [Least(cluster.Count, i => _seen[i], random)];
        }
    }

    private sealed class LateBinding() : Choice("late binding")
    {
        public override IReadOnlyList<int> Of(SimulatedCluster cluster, Random random)
        {
            var all = Enumerable.Range(0, cluster.Count).ToArray();
            random.Shuffle(all);
            return all;
        }
    }

    private static int Least(int count, Func<int, int> load, Random random)
    {
        var least = Enumerable.Range(0, count).Min(load);
        var tied = Enumerable.Range(0, count).Where(i => load(i) == least).ToList();
        return tied[random.Next(tied.Count)];
    }
}
