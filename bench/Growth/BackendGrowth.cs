namespace OrleansLlm.Bench.Growth;

/// <summary>One model with more and more backends.</summary>
internal static class BackendGrowth
{
    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        await CurveTable.GrowAsync(to, "backends of one model", 1, most, async (table, backends) =>
        {
            foreach (var strategy in (string[])["least-busy", "simple-shuffle"])
            {
                await Load.WithGatewayAsync(ManyNames.Yaml(backend, Enumerable.Repeat("m", backends), $"router_settings: {{routing_strategy: {strategy}}}\n"), async (gateway, _, _) =>
                {
                    await Load.WarmUpAsync(gateway);
                    (await Load.RunAsync(gateway, 3000, 1, _ => gateway.ChatAsync())).AddTo(table, $"{strategy}, a request");
                    (await Load.RunAsync(gateway, 3000, 16, _ => gateway.ChatAsync())).AddTo(table, $"{strategy}, 16 at once");
                });
            }
        });
    }
}
