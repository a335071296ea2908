using System.Reflection;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>One run: starts simulator and gateways, measures, prints, writes.</summary>
internal static class BenchRun
{
    /// <summary>That the bench, and the gateway beside it, was built with.</summary>
    public static readonly string Engine = typeof(BenchRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Engine").Value!;

    /// <returns>Whether there was no error.</returns>
    public static async Task<bool> RunAsync(BenchOptions options, TextWriter to, TextWriter progress)
    {
        SocketSettings.UseHere();
        var program = options.Gateway is null ? await Published.MakeAsync(Engine, options.Native, progress) : GatewayProgram.At(options.Gateway);
        if (program.IsDebug && !options.Smoke) throw new InvalidOperationException("A Debug build of the gateway is not measured: build it with -c Release.");
        var folder = Directory.CreateTempSubdirectory("orleansllm-bench-").FullName;
        try
        {
            await using var upstream = await BenchUpstream.StartAsync(folder, options.SimulatorPort);
            var environment = options.Environment.Select(e => e.Split('=', 2)).Select(e => (e[0], (string?)e[^1])).ToList();
            List<IGatewayKind> kinds = options.Nginx ? [new Nginx(upstream), new OwnGateway(program, upstream, options.Upstream, environment)] : [new OwnGateway(program, upstream, options.Upstream, environment)];
            var report = new BenchReport(1, MachineFacts.Here(), Facts(options, program), []);
            var run = new Setting(options, upstream, kinds, [.. options.Versus.Select(v => Others.Parse(v, options.VersusKey))], folder, progress);
            await foreach (var cell in Scenarios(run))
            {
                report.Cells.Add(cell);
                Table.Print(to, cell);
                if (options.Out is not null) report.Write(options.Out);
            }

            return report.Cells.Count > 0 && report.Cells.SelectMany(c => c.Targets).All(t => t.Failures.Count == 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async IAsyncEnumerable<CellReport> Scenarios(Setting run)
    {
        var wanted = run.Options.Scenario;
        foreach (var scenario in Scenario.WithLoad.Where(s => wanted == "all" || wanted == s.Name))
        {
            await foreach (var cell in LoadScenario.RunAsync(run.Options.Smoke ? scenario.Smoke() : scenario, run)) yield return cell;
        }

        if (wanted is "all" or "start") yield return await StartScenario.RunAsync(run);
        if (wanted is "all" or "idle") yield return await IdleScenario.RunAsync(run);
    }

    private static RunFacts Facts(BenchOptions options, GatewayProgram program) => new(
        TimeProvider.System.GetUtcNow(), Checkout.Commit(), Engine, program.IsReadyToRun, options.Upstream, options.Rounds, options.Length.TotalSeconds,
        options.Nginx ? Checkout.Output(Nginx.Program!, "-v") : null, options.Environment, program.IsNative);
}
