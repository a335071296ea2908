using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Outage;

/// <summary>
/// The ledger's PostgreSQL is stopped under load for so long, and in the middle of that the gateway is killed and started again. Then every
/// request that was answered must have its row.
/// </summary>
internal static class OutageStudy
{
    private const int Clients = 8;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>Whether no row is missing and nobody was refused.</returns>
    public static async Task<bool> RunAsync(TextWriter to, TimeSpan outage)
    {
        await using var postgres = await PostgresServer.StartNewAsync() ?? throw new InvalidOperationException("there is no PostgreSQL on the path");
        await using var backend = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m"], Slots = 0, Tokens = 5 });
        var folder = Directory.CreateTempSubdirectory("orleansllm-outage-").FullName;
        var yaml = $$"""
            model_list:
              - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: "{{backend.BaseAddress}}", max_parallel_requests: 64} }
            general_settings: {master_key: {{BenchGateway.Master}}, database_url: "{{postgres.Url}}"}
            """;
        var gateway = await BenchGateway.StartAsync(folder, yaml);
        var port = gateway.Http.BaseAddress!.Port;
        using var load = new Load(gateway.Http.BaseAddress);
        load.Start(Clients);
        await Task.Delay(Before, TimeProvider.System);
        var stored = await CountAsync(postgres);
        to.WriteLine($"before the outage: {load.Answered.Count} answered, {stored} rows");

        await postgres.StopAsync();
        var (began, answered) = (TimeProvider.System.GetTimestamp(), load.Answered.Count);
        await Task.Delay(outage / 2, TimeProvider.System);
        await gateway.KillAsync();
        await gateway.DisposeAsync();
        gateway = await BenchGateway.StartAsync(folder, yaml, port);
        await Task.Delay(outage / 2, TimeProvider.System);
        var spool = new DirectoryInfo(Path.Combine(folder, "data")).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.FullName.Contains("spool", StringComparison.Ordinal)).Sum(f => f.Length);
        var away = TimeProvider.System.GetElapsedTime(began);
        await postgres.StartAsync();
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"in the outage of {away.TotalSeconds:F0} s, with the gateway killed and started again: {load.Answered.Count - answered} answered, {spool / 1e6:F1} MB on the disk"));

        await Task.Delay(Before, TimeProvider.System);
        await load.StopAsync();
        began = TimeProvider.System.GetTimestamp();
        string[] missing;
        do
        {
            missing = [.. load.Answered.Keys.Except((await postgres.AskColumnAsync("SELECT request_id FROM litellm_request_logs")).Cast<string>())];
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
        while (missing.Length > 0 && TimeProvider.System.GetElapsedTime(began) < Patience);

        var rows = await CountAsync(postgres);
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"afterwards: {load.Answered.Count} answered in all, {load.Refused} refused, {load.Unheard} found no gateway while it was down; {rows} rows, {missing.Length} missing"));
        await gateway.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        return missing.Length == 0 && load.Refused == 0;
    }

    private static async Task<int> CountAsync(PostgresServer postgres)
    {
        try
        {
            return Convert.ToInt32(await postgres.AskAsync("SELECT count(*) FROM litellm_request_logs"), CultureInfo.InvariantCulture);
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }

    /// <summary>Clients that ask one after the other, also while nobody listens.</summary>
    private sealed class Load(Uri address) : IDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        private readonly CancellationTokenSource _stop = new();
        private Task _clients = Task.CompletedTask;
        private int _refused;
        private int _unheard;

        /// <summary>By request id.</summary>
        public ConcurrentDictionary<string, bool> Answered { get; } = new(StringComparer.Ordinal);

        public int Refused => _refused;

        public int Unheard => _unheard;

        public void Start(int clients) => _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => AskAsync()));

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _clients;
        }

        public void Dispose()
        {
            _http.Dispose();
            _stop.Dispose();
        }

        private async Task AskAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"Hello"}]}""") };
                    request.Headers.Authorization = new("Bearer", BenchGateway.Master);
                    using var answer = await _http.SendAsync(request);
                    await answer.Content.ReadAsStringAsync();
                    if (answer.IsSuccessStatusCode) Answered[answer.Headers.GetValues("x-request-id").Single()] = true;
                    else Interlocked.Increment(ref _refused);
                }
                catch (HttpRequestException)
                {
                    Interlocked.Increment(ref _unheard);
                }

                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }
}
