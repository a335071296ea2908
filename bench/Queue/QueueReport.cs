using System.Globalization;

namespace OrleansLlm.Bench.Queue;

/// <summary>The tables of docs/scheduling.md.</summary>
internal static class QueueReport
{
    public static void Print(TextWriter to, int requests, int seed)
    {
        to.WriteLine(Text($"Waits in mean service times; one slot each, Poisson arrivals at 80 % load, log-normal service (sigma 1.2), {requests} requests, seed {seed}"));
        foreach (var backends in (int[])[10, 4])
        {
            to.WriteLine(Text($"\n{backends + " backends",-30}{"mean",8}{"median",8}{"p99",8}"));
            foreach (var choice in Choice.All())
            {
                var waits = WaitStudy.Run(choice, backends, requests, seed);
                to.WriteLine(Text($"{choice.Name,-30}{waits.Mean,8:F2}{waits.Median,8:F2}{waits.P99,8:F1}"));
            }
        }

        to.WriteLine(Text($"\n{"10 users with 10 to 100 in flight",-36}{"Jain",6}{"rare user: mean",17}{"p99",8}"));
        foreach (var fair in (bool[])[false, true])
        {
            var fairness = FairnessStudy.Run(fair, backends: 4, requests / 5, seed);
            to.WriteLine(Text($"{(fair ? "fair by user" : "first in, first out"),-36}{fairness.Jain,6:F3}{fairness.Rare.Mean,17:F2}{fairness.Rare.P99,8:F1}"));
        }

        to.WriteLine(Text($"\n{"two models on one container",-30}{"loads/100",10}{"throughput",12}{"longest wait",14}{"Jain",7}"));
        foreach (var patience in (int[])[0, 10, 30, 60])
        {
            var switches = ModelStudy.Run(TimeSpan.FromSeconds(patience), requests / 20, seed);
            to.WriteLine(Text($"{$"model_patience {patience} s",-30}{switches.LoadsPerHundred,10:F1}{switches.Throughput,12:F2}{switches.LongestWait,14:F1}{switches.Jain,7:F3}"));
        }

        to.WriteLine(Text($"\n{"cost with so many waiting",-30}{"join and leave",16}{"all places",12}"));
        CostStudy.Run(1000, 100, 20_000);
        foreach (var (waiting, users) in ((int, int)[])[(100, 10), (10_000, 1), (10_000, 100), (10_000, 10_000)])
        {
            var (operation, places) = CostStudy.Run(waiting, users, 20_000);
            to.WriteLine(Text($"{$"{waiting} of {users} users",-30}{operation,13:F1} µs{places,9:F0} µs"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
