namespace OrleansLlm.Bench.Queue;

/// <summary>One container that holds one model at a time, two users with a model each, always three requests of each in flight; loading takes one mean service time.</summary>
internal static class ModelStudy
{
    public static ModelSwitches Run(TimeSpan patience, int requests, int seed)
    {
        var service = new Service(seed);
        var cluster = new SimulatedCluster(1, o => o with { ModelPatience = patience }) { LoadTime = 1 };
        var waits = new List<double>();
        var served = new Dictionary<string, int>();
        cluster.Finished = request =>
        {
            waits.Add(request.Wait);
            served[request.User] = served.GetValueOrDefault(request.User) + 1;
            cluster.Send(request.User, service.Length(), [0], request.Model);
        };
        cluster.At(0, () =>
        {
            for (var i = 0; i < 6; i++) cluster.Send($"u{i % 2}", service.Length(), [0], $"m{i % 2}");
        });
        while (waits.Count < requests && cluster.Step())
        {
        }

        return new ModelSwitches(100.0 * cluster.Loads / requests, requests / cluster.Now, waits.Max(), FairnessStudy.Jain([.. served.Values]));
    }
}

/// <param name="LoadsPerHundred">Loads for a hundred requests.</param>
/// <param name="Throughput">Requests in a mean service time; 1 with no loads.</param>
/// <param name="LongestWait">In mean service times.</param>
internal sealed record ModelSwitches(double LoadsPerHundred, double Throughput, double LongestWait, double Jain);
