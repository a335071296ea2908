namespace OrleansLlm.Bench.Queue;

/// <summary>
/// Ten users beside one another on a cluster that is too small for them: user i keeps 10·i requests in flight and wants the same as the others.
/// And one more who sends a single request now and then.
/// </summary>
internal static class FairnessStudy
{
    private const int Users = 10;

    /// <param name="fair">False: all are one user to the backends, which makes their queues first in, first out.</param>
    public static Fairness Run(bool fair, int backends, int requests, int seed)
    {
        var service = new Service(seed);
        var cluster = new SimulatedCluster(backends);
        var all = Enumerable.Range(0, backends).ToArray();
        var owner = new Dictionary<string, string>();
        var served = new Dictionary<string, int>();
        var rare = new List<SimulatedRequest>();
        var done = 0;
        void Send(string user)
        {
            service.Random.Shuffle(all);
            var sent = cluster.Send(fair ? user : "all", service.Length(), [.. all]);
            owner.Add(sent.Id, user);
            if (user == "rare") rare.Add(sent);
        }

        cluster.Finished = request =>
        {
            owner.Remove(request.Id, out var user);
            done++;
            if (user == "rare") return;
            served[user!] = served.GetValueOrDefault(user!) + 1;
            Send(user!);
        };
        cluster.At(0, () =>
        {
            for (var u = 1; u <= Users; u++)
            {
                for (var i = 0; i < 10 * u; i++) Send($"u{u}");
            }
        });
        void Rarely()
        {
            Send("rare");
            cluster.At(cluster.Now + service.Gap(0.05), Rarely);
        }

        cluster.At(10, Rarely);
        while (done < requests && cluster.Step())
        {
        }

        return new Fairness(Jain([.. served.Values]), Waits.Of(rare.Where(r => !double.IsNaN(r.Started)).Select(r => r.Wait)));
    }

    /// <summary>1 when all have the same, 1/n when one has everything.</summary>
    public static double Jain(IReadOnlyList<int> shares)
    {
        var sum = shares.Sum(s => (double)s);
        return sum * sum / (shares.Count * shares.Sum(s => (double)s * s));
    }
}

/// <param name="Rare">Waits of the user with single requests.</param>
internal sealed record Fairness(double Jain, Waits Rare);
