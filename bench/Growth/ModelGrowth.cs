using System.Diagnostics;
using System.Globalization;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Growth;

/// <summary>More and more models in the configuration.</summary>
internal static class ModelGrowth
{
    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        await CurveTable.GrowAsync(to, "models in the configuration", 1, most, (table, models) => MeasureAsync(table, backend, models));
    }

    private static Task MeasureAsync(CurveTable table, SimulatedOllama backend, int models)
    {
        var names = Enumerable.Range(0, models).Select(ModelOf).ToList();
        return Load.WithGatewayAsync(ManyNames.Yaml(backend, names), async (gateway, folder, took) =>
        {
            table.Add("start, ms", took.TotalMilliseconds);
            await Load.WarmUpAsync(gateway);
            (await Load.RunAsync(gateway, 3000, 1, _ => gateway.ChatAsync())).AddTo(table, "request for one of them");
            (await Load.RunAsync(gateway, 3000, 1, i => AskAsync(gateway, names[i % models]))).AddTo(table, "request for each in turn");
            (await Load.RunAsync(gateway, 100, 1, _ => gateway.GetAsync("/v1/models"))).AddTo(table, "/v1/models");
            (await Load.RunAsync(gateway, 20, 1, _ => gateway.GetAsync("/model/info"))).AddTo(table, "/model/info");
            (await Load.RunAsync(gateway, 20, 1, _ => gateway.GetAsync("/metrics"))).AddTo(table, "/metrics");
            var (cpu, began) = (gateway.Cpu, Stopwatch.GetTimestamp());
            await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), ManyNames.Yaml(backend, [.. names, "late"]));
            while (!(await (await gateway.GetAsync("/v1/models")).Content.ReadAsStringAsync()).Contains("\"late\"", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            table.Add("a change of the file is followed after, ms", Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            table.Add("the same, CPU ms", (gateway.Cpu - cpu).TotalMilliseconds);
            (cpu, began) = (gateway.Cpu, Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
            table.Add("idle, CPU % of a core", (gateway.Cpu - cpu) / Stopwatch.GetElapsedTime(began) * 100);
            table.Add("RSS, MB", gateway.ResidentBytes / 1e6);
        });
    }

    private static Task<HttpResponseMessage> AskAsync(BenchGateway gateway, string model) =>
        gateway.PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello"}]}""");

    private static string ModelOf(int model) => model == 0 ? "m" : string.Create(CultureInfo.InvariantCulture, $"model-{model}");
}
