namespace OrleansLlm.Bench.Growth;

/// <summary>What a thing costs while there is ten, a hundred, a thousand times as much of something: <c>bench growth WHAT [most]</c>.</summary>
internal static class Growth
{
    public static async Task<int> RunAsync(TextWriter to, string what, int most, string? database)
    {
        switch (what)
        {
            case "ledger" when database is not null:
                await PostgresGrowth.RunAsync(to, database, most == 0 ? 1_000_000 : most);
                return 0;
            case "ledger":
                await LedgerGrowth.RunAsync(to, most == 0 ? 10_000_000 : most);
                return 0;
            case "keys":
                await KeyGrowth.RunAsync(to, most == 0 ? 1_000_000 : most);
                return 0;
            case "conversations":
                await ConversationGrowth.RunAsync(to, most == 0 ? 1_000_000 : most);
                return 0;
            case "models":
                await ModelGrowth.RunAsync(to, most == 0 ? 1000 : most);
                return 0;
            case "backends":
                await BackendGrowth.RunAsync(to, most == 0 ? 1000 : most);
                return 0;
            case "waiting":
                await WaitingGrowth.RunAsync(to, most == 0 ? 10_000 : most);
                return 0;
            default:
                Console.Error.WriteLine("usage: bench growth keys|waiting|conversations|models|backends|ledger [most]");
                return 2;
        }
    }
}
