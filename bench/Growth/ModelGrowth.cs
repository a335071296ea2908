using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Growth;

/// <summary>More and more models in the configuration, each of a backend of its own, all of which are one simulator under other names.</summary>
internal static class ModelGrowth
{
    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        var table = new CurveTable("models in the configuration");
        for (var models = 1; models <= most; models *= 10)
        {
            var folder = Directory.CreateTempSubdirectory("orleansllm-growth-").FullName;
            try
            {
                table.Size(models);
                var (gateway, took) = await Load.StartAsync(folder, Yaml(backend.BaseAddress, models, ""));
                await using (gateway)
                {
                    table.Add("start, ms", took.TotalMilliseconds);
                    await Load.WarmUpAsync(gateway);
                    (await Load.RunAsync(gateway, 3000, 1, _ => gateway.ChatAsync())).AddTo(table, "request for one of them");
                    (await Load.RunAsync(gateway, 3000, 1, i => AskAsync(gateway, ModelOf(i % models)))).AddTo(table, "request for each in turn");
                    (await Load.RunAsync(gateway, 100, 1, _ => gateway.GetAsync("/v1/models"))).AddTo(table, "/v1/models");
                    (await Load.RunAsync(gateway, 20, 1, _ => gateway.GetAsync("/model/info"))).AddTo(table, "/model/info");
                    (await Load.RunAsync(gateway, 20, 1, _ => gateway.GetAsync("/metrics"))).AddTo(table, "/metrics");
                    var (cpu, began) = (gateway.Cpu, Stopwatch.GetTimestamp());
                    await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), Yaml(backend.BaseAddress, models, "late"));
                    while (!(await (await gateway.GetAsync("/v1/models")).Content.ReadAsStringAsync()).Contains("\"late\"", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                    table.Add("a change of the file is followed after, ms", Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    table.Add("the same, CPU ms", (gateway.Cpu - cpu).TotalMilliseconds);
                    (cpu, began) = (gateway.Cpu, Stopwatch.GetTimestamp());
                    await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
                    table.Add("idle, CPU % of a core", (gateway.Cpu - cpu) / Stopwatch.GetElapsedTime(began) * 100);
                    table.Add("RSS, MB", gateway.ResidentBytes / 1e6);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            table.Print(to);
            to.WriteLine();
        }
    }

    private static Task<HttpResponseMessage> AskAsync(BenchGateway gateway, string model) =>
        gateway.PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello"}]}""");

    private static string Yaml(Uri backend, int models, string more)
    {
        var yaml = new StringBuilder("model_list:\n");
        for (var model = 0; model < models; model++) Add(ModelOf(model), 1 + model);
        if (more.Length > 0) Add(more, models + 1);
        return yaml.Append(CultureInfo.InvariantCulture, $"general_settings: {{master_key: {BenchGateway.Master}}}\ngateway_settings: {{limits: {{}}}}\n").ToString();

        // Every address of 127/8 is this machine.
        void Add(string name, int number) => yaml.Append(
            CultureInfo.InvariantCulture, $"  - {{model_name: {name}, litellm_params: {{model: ollama_chat/m, api_base: \"http://127.1.{number / 250}.{1 + (number % 250)}:{backend.Port}\", max_parallel_requests: 8}}}}\n");
    }

    private static string ModelOf(int model) => model == 0 ? "m" : string.Create(CultureInfo.InvariantCulture, $"model-{model}");
}
