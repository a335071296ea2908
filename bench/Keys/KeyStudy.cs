using System.Globalization;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Keys;

/// <summary>
/// What a request and a process cost with more and more known keys, all of them made over HTTP. Before each measurement the gateway is
/// started anew, so that its memory is that of the keys in use and not of the making. In use are always equally many, spread over all.
/// </summary>
internal static class KeyStudy
{
    private const int InUse = 1000;
    private const int Rounds = 5;

    /// <summary>So many requests until the code is compiled for good.</summary>
    private const int WarmUp = 5000;

    private const int Makers = 8;

    public static async Task RunAsync(TextWriter to, int most)
    {
        await using var backend = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m"], Slots = 0, Tokens = 5 });
        var yaml = $$"""
            model_list:
              - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: "{{backend.BaseAddress}}", max_parallel_requests: 64} }
            general_settings: {master_key: {{BenchGateway.Master}}}
            gateway_settings: {backends: {"{{backend.BaseAddress}}": {health_interval: 0} } }
            """;
        var folder = Directory.CreateTempSubdirectory("orleansllm-keys-").FullName;
        to.WriteLine($"{"known keys",12}{"made, ms each",16}{"first use, ms",16}{"request, ms",14}{"CPU, ms",10}{"RSS, MB",10}{"state, MB",12}");
        var made = 0;
        for (var stage = 1000; stage <= most; stage *= 10)
        {
            double perKey;
            await using (var gateway = await BenchGateway.StartAsync(folder, yaml)) perKey = await MakeAsync(gateway, made, stage);
            made = stage;
            await using (var gateway = await BenchGateway.StartAsync(folder, yaml))
            {
                for (var i = 0; i < WarmUp; i++) (await gateway.ChatAsync()).EnsureSuccessStatusCode();
                var first = await AskAsync(gateway, stage, 1);
                var cpu = gateway.Cpu;
                var request = await AskAsync(gateway, stage, Rounds);
                cpu = (gateway.Cpu - cpu) / (InUse * Rounds);
                var state = new DirectoryInfo(Path.Combine(folder, "data")).GetFiles("orleansllm.db*").Sum(f => f.Length);
                to.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{stage,12}{perKey,16:F2}{first.TotalMilliseconds,16:F2}{request.TotalMilliseconds,14:F2}{cpu.TotalMilliseconds,10:F2}{gateway.ResidentBytes / 1e6,10:F0}{state / 1e6,12:F0}"));
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<double> MakeAsync(BenchGateway gateway, int from, int until)
    {
        var began = TimeProvider.System.GetTimestamp();
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, Makers).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < until)
            {
                using var answer = await gateway.PostAsync("/key/generate", $$"""{"key":"{{KeyOf(number)}}","key_alias":"key-{{number}}","max_budget":100,"budget_duration":"30d","rpm_limit":1000}""");
                answer.EnsureSuccessStatusCode();
            }
        }));
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds / (until - from);
    }

    /// <returns>Mean time of a request, one after the other.</returns>
    private static async Task<TimeSpan> AskAsync(BenchGateway gateway, int known, int rounds)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < InUse * rounds; i++)
        {
            using var answer = await gateway.ChatAsync(KeyOf((int)((long)(i % InUse) * known / InUse)));
            answer.EnsureSuccessStatusCode();
        }

        return TimeProvider.System.GetElapsedTime(began) / (InUse * rounds);
    }

    private static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"sk-bench-{number:D10}");
}
