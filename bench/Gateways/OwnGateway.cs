using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Gateways;

/// <summary>This gateway as a process of its own with all features on: master key, a virtual key with limits and a budget, ledger, metrics, request lines.</summary>
internal sealed class OwnGateway(GatewayProgram program, BenchUpstream upstream, string dialect, IReadOnlyList<(string Name, string? Value)> environment) : IGatewayKind
{
    /// <summary>Counted and never reached.</summary>
    private const long Plenty = 1_000_000_000;

    private static readonly (string, string?)[] NothingElse = [.. ((string[])["PORT", "CONFIG_FILE_PATH", "LITELLM_CONFIG_PATH", "LITELLM_MASTER_KEY", "MODEL", "REDIS_URL", "REDIS_HOST", "DATABASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"]).Select(n => (n, (string?)null))];

    public string Name => "gateway";

    public bool Queues => true;

    public Launched Launch(string folder)
    {
        var port = Ports.Free();
        File.WriteAllText(Path.Combine(folder, "gateway.yaml"), Configuration());
        var process = ChildProcess.Start(
            folder, Path.Combine(folder, "gateway.log"), program.Command[0], [.. program.Command[1..], "--host", "127.0.0.1", "--port", $"{port}"],
            [.. NothingElse, ("SILO_PORT", "0"), ("GATEWAY_PORT", "0"), .. environment]);
        return new Launched(process, new Uri($"http://127.0.0.1:{port}/"), BenchGateway.Master);
    }

    public async Task<Target> ReadyAsync(Launched launched)
    {
        var http = new HttpClient { BaseAddress = launched.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", launched.Key);
        using var limits = new StringContent(
            $$"""{"key_alias":"bench","rpm_limit":{{Plenty}},"tpm_limit":{{Plenty}},"max_parallel_requests":1000000,"max_budget":1000000,"budget_duration":"30d"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/key/generate", limits);
        answer.EnsureSuccessStatusCode();
        using var key = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new Target(Name, (_, _) => launched.Address, key.RootElement.GetProperty("key").GetString()!, launched.Process, new Owned(http))
        {
            Processes = [launched.Process.Id],
            Allocated = () => AllocatedAsync(http),
        };
    }

    private static async Task<double?> AllocatedAsync(HttpClient http)
    {
        const string Name = "dotnet_gc_heap_total_allocated_bytes_total ";
        var line = (await http.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[Name.Length..], CultureInfo.InvariantCulture);
    }

    private string Configuration()
    {
        var text = new StringBuilder("model_list:\n");
        Deployment(text, "m", upstream.Wide, 100_000);
        foreach (var backend in upstream.OneSlot) Deployment(text, "one", backend, 1);
        text.Append("gateway_settings:\n  queue: {max_queue: 5000, max_queue_per_user: 5000}\n  ledger: {enabled: true}\n  telemetry: {request_log: true}\n  backends:\n");
        foreach (var backend in upstream.OneSlot.Prepend(upstream.Wide)) text.Append(CultureInfo.InvariantCulture, $"    \"{backend}\": {{health_interval: 0}}\n");
        text.Append(CultureInfo.InvariantCulture, $"general_settings: {{master_key: {BenchGateway.Master}}}\nlitellm_settings: {{success_callback: [prometheus], failure_callback: [prometheus]}}\n");
        return text.ToString();
    }

    private void Deployment(StringBuilder to, string name, Uri backend, int slots)
    {
        var (model, address) = dialect == "ollama" ? ("ollama_chat/m", backend.ToString().TrimEnd('/')) : ("openai/m", new Uri(backend, "v1").ToString());
        to.Append(CultureInfo.InvariantCulture, $"  - {{model_name: {name}, litellm_params: {{model: {model}, api_base: \"{address}\", api_key: none, max_parallel_requests: {slots}, input_cost_per_token: 0.000001, output_cost_per_token: 0.000002}}}}\n");
    }

    private sealed class Owned(IDisposable what) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            what.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
