using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using OrleansLlm.Backends;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Queue;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Growth;

/// <summary>More and more requests that wait for one slot: the rules by themselves, and a whole gateway with as many open connections.</summary>
internal static class WaitingGrowth
{
    private const int Users = 1000;
    private const int Joined = 300;

    public static async Task RunAsync(TextWriter to, int most)
    {
        var rules = new CurveTable("waiting, rules alone");
        CostStudy.Run(1000, Users, 20_000);
        for (var waiting = 10; waiting <= most * 10; waiting *= 10)
        {
            rules.Size(waiting);
            var (operation, places) = CostStudy.Run(waiting, Users, 20_000);
            rules.Add("join, leave and be granted, us", operation);
            rules.Add("everybody's place, us", places);
            rules.Add("everybody's place, us for each", places / waiting);
            rules.Add("the card of the pages, us", Card(waiting));
        }

        rules.Print(to);
        to.WriteLine();
        // Ends with the first test, and not before.
        await using var backend = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m"], Slots = 0, Tokens = 1_000_000, TimePerToken = TimeSpan.FromSeconds(1) });
        var table = new CurveTable("waiting, whole gateway");
        foreach (var waiting in new[] { 0, 100, 1000, 10_000 }.Where(w => w <= most)) await MeasureAsync(table, backend, waiting);
        table.Print(to);
    }

    private static double Card(int waiting)
    {
        var backend = new BackendRules(new BackendOptions { Name = "b", Url = new Uri("http://b"), Provider = "ollama", MaxQueue = int.MaxValue, QueueTimeout = TimeSpan.FromDays(1000), Lease = TimeSpan.FromDays(1000) });
        for (var i = 0; i <= waiting; i++) backend.Enqueue(new SlotRequest { RequestId = $"{i}", User = $"u{i % Users}", Model = "m" }, TimeSpan.Zero);
        var snapshot = backend.Snapshot(new StrategyArguments(), TimeSpan.Zero);
        const int Rounds = 20;
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++) _ = backend.Status(snapshot, "node", DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / Rounds;
    }

    private static async Task MeasureAsync(CurveTable table, SimulatedOllama backend, int waiting)
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-growth-").FullName;
        await using (var gateway = await BenchGateway.StartAsync(
            folder,
            $$"""
            model_list:
              - {model_name: m, litellm_params: {model: ollama_chat/m, api_base: "{{backend.BaseAddress}}", max_parallel_requests: 1} }
            general_settings: {master_key: {{BenchGateway.Master}}}
            gateway_settings: {queue: {max_queue: 100000, max_queue_per_user: 100000, queue_timeout: 3600}, backends: {"{{backend.BaseAddress}}": {health_interval: 0} } }
            """))
        {
            table.Size(waiting);
            using var gone = new CancellationTokenSource();
            var open = new List<Task>();
            for (var i = 0; i <= waiting; i++)
            {
                open.Add(AskAsync(gateway, i, gone.Token));
                if (i % 50 == 0) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            await UntilWaitingAsync(gateway, waiting);
            await JoinAndLeaveAsync(gateway, waiting);
            var cpu = gateway.Cpu;
            await JoinAndLeaveAsync(gateway, waiting);
            var (joined, began, idle) = (gateway.Cpu - cpu, Stopwatch.GetTimestamp(), gateway.Cpu);
            await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
            var rest = (gateway.Cpu - idle) / Stopwatch.GetElapsedTime(began);
            table.Add("one that joins and leaves, CPU us", joined.TotalMicroseconds / Joined);
            table.Add("CPU while all wait, % of a core", rest * 100);
            (await Load.RunAsync(gateway, 20, 1, _ => gateway.GetAsync("/ui/api/backends"))).AddTo(table, "the cards");
            table.Add("RSS, MB", gateway.ResidentBytes / 1e6);
            await gone.CancelAsync();
            await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await gateway.KillAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task JoinAndLeaveAsync(BenchGateway gateway, int waiting)
    {
        using var leave = new CancellationTokenSource();
        var some = Enumerable.Range(0, Joined).Select(i => AskAsync(gateway, i, leave.Token)).ToList();
        await UntilWaitingAsync(gateway, waiting + Joined);
        await leave.CancelAsync();
        await Task.WhenAll(some).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await UntilWaitingAsync(gateway, waiting);
    }

    private static async Task AskAsync(BenchGateway gateway, int number, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"model":"m","stream":true,"user":"u{{number % Users}}","messages":[{"role":"user","content":"Hello"}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BenchGateway.Master);
        using var answer = await gateway.Patient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await body.CopyToAsync(Stream.Null, cancellationToken);
    }

    private static async Task UntilWaitingAsync(BenchGateway gateway, int waiting)
    {
        while (true)
        {
            using var answer = await gateway.GetAsync("/metrics");
            var text = await answer.Content.ReadAsStringAsync();
            if (text.Split('\n').Any(l => l.StartsWith("orleansllm_queue_depth", StringComparison.Ordinal) && l.EndsWith($" {waiting}", StringComparison.Ordinal))) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
