using OrleansLlm.Bench.Queue;

// dotnet run -c Release --project bench -- queue [requests] [seed]
if (args is not ["queue", ..])
{
    Console.Error.WriteLine("usage: bench queue [requests, default 500000] [seed, default 1]");
    return 2;
}

QueueReport.Print(Console.Out, args.Length > 1 ? int.Parse(args[1], null) : 500_000, args.Length > 2 ? int.Parse(args[2], null) : 1);
return 0;
