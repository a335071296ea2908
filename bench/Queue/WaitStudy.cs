namespace OrleansLlm.Bench.Queue;

/// <summary>Waits under Poisson arrivals at a load of the backends, by where requests are sent.</summary>
internal static class WaitStudy
{
    /// <param name="load">Share of the backends' time that is asked for.</param>
    public static Waits Run(Choice choice, int backends, int requests, int seed, double load = 0.8)
    {
        // Arrivals and lengths are the same for every choice; the choice has chances of its own.
        var service = new Service(seed);
        var chances = new Random(seed + 1);
        var cluster = new SimulatedCluster(backends);
        choice.Watch(cluster);
        var sent = new List<SimulatedRequest>(requests);
        void Arrive()
        {
            sent.Add(cluster.Send("u", service.Length(), choice.Of(cluster, chances)));
            if (sent.Count < requests) cluster.At(cluster.Now + service.Gap(load * backends), Arrive);
        }

        cluster.At(0, Arrive);
        while (cluster.Step())
        {
        }

        return Waits.Of(sent.Skip(requests / 20).Select(r => r.Wait));
    }
}

/// <summary>In mean service times.</summary>
internal sealed record Waits(double Mean, double Median, double P99)
{
    public static Waits Of(IEnumerable<double> waits)
    {
        var sorted = waits.Order().ToArray();
        return new Waits(sorted.Average(), sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)]);
    }
}
