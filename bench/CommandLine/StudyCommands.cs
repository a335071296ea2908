using System.CommandLine;
using OrleansLlm.Bench.Endurance;
using OrleansLlm.Bench.Fuzz;
using OrleansLlm.Bench.Outage;
using OrleansLlm.Bench.Queue;
using OrleansLlm.Bench.Scale;

namespace OrleansLlm.Bench.CommandLine;

/// <summary>The studies, each of one question: their tables stand in the docs.</summary>
internal static class StudyCommands
{
    public static IEnumerable<Command> CreateAll()
    {
        var requests = Number("requests", "Requests to simulate.", 500_000);
        var seed = Number("seed", "Of the chance.", 1);
        var queue = new Command("queue", "Simulates waits, fairness and costs of the queues.") { requests, seed };
        queue.SetAction(parsed => QueueReport.Print(Console.Out, parsed.GetValue(requests), parsed.GetValue(seed)));
        yield return queue;

        var seconds = Number("seconds", "How long the database is away.", 60);
        var outage = new Command("outage", "Whether a row is missing after the ledger's database and the gateway were gone.") { seconds };
        outage.SetAction(async parsed => await OutageStudy.RunAsync(Console.Out, TimeSpan.FromSeconds(parsed.GetValue(seconds))) ? 0 : 1);
        yield return outage;

        var of = new Argument<string>("of") { Description = "keys, waiting, conversations, models, backends or ledger." };
        var largest = Number("most", "How many at most; 0: as many as the study wants.", 0);
        var database = new Option<string?>("--postgres") { Description = "For ledger: the connection string of a PostgreSQL database that is empty." };
        var growth = new Command("growth", "What a request costs with more and more of something.") { of, largest, database };
        growth.SetAction(parsed => Growth.Growth.RunAsync(Console.Out, parsed.GetValue(of)!, parsed.GetValue(largest), parsed.GetValue(database)));
        yield return growth;

        var scale = new Command("scale", "Simulates ten silos, a thousand backends and a hundred thousand streams.");
        scale.SetAction(_ => ScaleReport.Print(Console.Out));
        yield return scale;

        var cases = new Argument<long>("cases") { Description = "Cases to try.", DefaultValueFactory = _ => 1_000_000 };
        var caseSeed = new Argument<long>("seed") { Description = "Of the cases.", DefaultValueFactory = _ => 1 };
        var only = new Argument<string?>("only") { Description = "The only case, by its number; or doors, or rules.", DefaultValueFactory = _ => null };
        var fuzz = new Command("fuzz", "Bad input at every door and from every upstream.") { cases, caseSeed, only };
        fuzz.SetAction(async parsed =>
            await FuzzStudy.RunAsync(Console.Out, parsed.GetValue(cases), parsed.GetValue(caseSeed), parsed.GetValue(only)) == 0 ? 0 : 1);
        yield return fuzz;

        var long_ = Number("minutes", "How long.", 30);
        var soak = new Command("soak", "Mixed traffic with disconnects, faults and reloads: does anything grow, leak or get lost?") { long_ };
        soak.SetAction(parsed => EnduranceBench.SoakAsync(Console.Out, parsed.GetValue(long_)));
        yield return soak;

        var first = Number("seed", "Of the first run.", 1);
        var minutes = new Argument<double>("minutes") { Description = "Of each run.", DefaultValueFactory = _ => 1 };
        var seeds = Number("seeds", "Runs, each with a seed of its own.", 1);
        var chaos = new Command("chaos", "Dying backends, a full disk, storms of clients, a killed gateway: are the books right at the end?") { first, minutes, seeds };
        chaos.SetAction(parsed => EnduranceBench.ChaosAsync(Console.Out, parsed.GetValue(first), parsed.GetValue(minutes), parsed.GetValue(seeds)));
        yield return chaos;
    }

    private static Argument<int> Number(string name, string description, int otherwise) => new(name) { Description = description, DefaultValueFactory = _ => otherwise };
}
