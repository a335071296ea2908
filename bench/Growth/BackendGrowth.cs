using System.Globalization;
using System.Text;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Growth;

/// <summary>One model with more and more backends, all of which are one simulator under other names.</summary>
internal static class BackendGrowth
{
    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await Load.BackendAsync();
        var table = new CurveTable("backends of one model");
        for (var backends = 1; backends <= most; backends *= 10)
        {
            table.Size(backends);
            foreach (var strategy in (string[])["least-busy", "simple-shuffle"])
            {
                var folder = Directory.CreateTempSubdirectory("orleansllm-growth-").FullName;
                try
                {
                    var (gateway, _) = await Load.StartAsync(folder, Yaml(backend.BaseAddress, backends, strategy));
                    await using (gateway)
                    {
                        await Load.WarmUpAsync(gateway);
                        (await Load.RunAsync(gateway, 3000, 1, _ => gateway.ChatAsync())).AddTo(table, $"{strategy}, a request");
                        (await Load.RunAsync(gateway, 3000, 16, _ => gateway.ChatAsync())).AddTo(table, $"{strategy}, 16 at once");
                    }
                }
                finally
                {
                    Directory.Delete(folder, recursive: true);
                }
            }

            table.Print(to);
            to.WriteLine();
        }
    }

    /// <summary>Every address of 127/8 is this machine.</summary>
    private static string Yaml(Uri backend, int backends, string strategy)
    {
        var yaml = new StringBuilder("model_list:\n");
        for (var i = 0; i < backends; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{model_name: m, litellm_params: {{model: ollama_chat/m, api_base: \"http://127.1.{i / 250}.{1 + (i % 250)}:{backend.Port}\", max_parallel_requests: 8}}}}\n");
        }

        return yaml.Append(CultureInfo.InvariantCulture, $"router_settings: {{routing_strategy: {strategy}}}\ngeneral_settings: {{master_key: {BenchGateway.Master}}}\ngateway_settings: {{limits: {{}}}}\n").ToString();
    }
}
