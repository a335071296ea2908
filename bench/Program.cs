using OrleansLlm.Bench.Endurance;
using OrleansLlm.Bench.Keys;
using OrleansLlm.Bench.Outage;
using OrleansLlm.Bench.Queue;

// dotnet run -c Release --project bench -- SCENARIO
switch (args)
{
    case ["queue", ..]:
        QueueReport.Print(Console.Out, Number(1, 500_000), Number(2, 1));
        return 0;
    case ["keys", ..]:
        await KeyStudy.RunAsync(Console.Out, Number(1, 100_000));
        return 0;
    case ["outage", ..]:
        return await OutageStudy.RunAsync(Console.Out, TimeSpan.FromSeconds(Number(1, 60))) ? 0 : 1;
    case ["soak", ..]:
        return await EnduranceBench.SoakAsync(Console.Out, Number(1, 30));
    case ["chaos", ..]:
        return await EnduranceBench.ChaosAsync(Console.Out, Number(1, 1), Number(2, 1), Number(3, 1));
    default:
        Console.Error.WriteLine(
            """
            usage: bench queue [requests, default 500000] [seed, default 1]
                   bench keys [most keys, default 100000]
                   bench outage [seconds, default 60]
                   bench soak [minutes, default 30]
                   bench chaos [seed, default 1] [minutes, default 1] [seeds, default 1]
            """);
        return 2;
}

int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], null) : otherwise;
