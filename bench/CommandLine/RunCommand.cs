using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Scenarios;

namespace OrleansLlm.Bench.CommandLine;

/// <summary><c>bench SCENARIO</c>: a command for each scenario, all with the same options.</summary>
internal static class RunCommand
{
    public static IEnumerable<Command> CreateAll()
    {
        foreach (var scenario in Scenario.WithLoad) yield return Create(scenario.Name, "Measures " + string.Join("; ", scenario.Cells.Select(c => c.Name)) + ".");
        yield return Create("start", "Measures the time from start to first answer.");
        yield return Create("idle", "Measures what a gateway takes that nobody uses.");
        yield return Create("all", "All scenarios.");
    }

    private static Command Create(string scenario, string description)
    {
        var defaults = new BenchOptions { Scenario = scenario };
        var output = new Option<string?>("--out") { Description = "File for the figures as JSON." };
        var gateway = new Option<string?>("--gateway") { Description = "A Release build of the gateway: folder or library; else this checkout's is published with ReadyToRun." };
        var native = new Option<bool>("--native") { Description = "Publish this checkout's as one native program instead. Engine Embedded only." };
        var versus = new Option<string[]>("--versus") { Description = "NAME=URL of a gateway that runs already; repeatable.", DefaultValueFactory = _ => [] };
        var versusKey = new Option<string>("--versus-key") { Description = "Its API key.", DefaultValueFactory = _ => defaults.VersusKey };
        var nginx = new Option<bool>("--nginx") { Description = "Starts nginx as the floor, if it is installed." };
        var upstream = new Option<string>("--upstream") { Description = "How the gateway speaks to the backend: openai or ollama.", DefaultValueFactory = _ => defaults.Upstream };
        upstream.AcceptOnlyFromAmong("openai", "ollama");
        var simulator = new Option<int>("--simulator-port") { Description = "The backend's port, for the configuration of --versus; the ten with one slot follow it. 0: free ones." };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of each load on each target, in turn.", DefaultValueFactory = _ => defaults.Rounds };
        var seconds = new Option<double>("--seconds") { Description = "Length of each.", DefaultValueFactory = _ => defaults.Length.TotalSeconds };
        var warmUp = new Option<double>("--warm-up") { Description = "Seconds before the first.", DefaultValueFactory = _ => defaults.WarmUp.TotalSeconds };
        var only = new Option<string>("--only") { Description = "Only loads whose name contains this.", DefaultValueFactory = _ => "" };
        var environment = new Option<string[]>("--env") { Description = "NAME=VALUE for the gateway's environment; repeatable.", DefaultValueFactory = _ => [] };
        var smoke = new Option<bool>("--smoke") { Description = "Tiny: whether it works, not how fast. Takes a Debug build." };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--rounds: at least one.");
        });
        seconds.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() > 0)) result.AddError("--seconds: more than none.");
        });
        var command = new Command(scenario, description) { output, gateway, native, versus, versusKey, nginx, upstream, simulator, rounds, seconds, warmUp, only, environment, smoke };
        command.SetAction(async parsed =>
        {
            var options = new BenchOptions
            {
                Scenario = scenario,
                Out = parsed.GetValue(output),
                Gateway = parsed.GetValue(gateway),
                Native = parsed.GetValue(native),
                Versus = parsed.GetValue(versus)!,
                VersusKey = parsed.GetValue(versusKey)!,
                Nginx = parsed.GetValue(nginx) && NginxOrSaysSo(),
                Upstream = parsed.GetValue(upstream)!,
                SimulatorPort = parsed.GetValue(simulator),
                Rounds = parsed.GetValue(rounds),
                Length = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                Only = parsed.GetValue(only)!,
                Environment = parsed.GetValue(environment)!,
                Smoke = parsed.GetValue(smoke),
            }.WithSmoke();
            if (IsDebug && !options.Smoke)
            {
                Console.Error.WriteLine("A Debug build measures nothing: dotnet run -c Release --project bench -- …");
                return 2;
            }

            try
            {
                return await BenchRun.RunAsync(options, Console.Out, Console.Error) ? 0 : 1;
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or FormatException)
            {
                Console.Error.WriteLine(e.Message);
                return 2;
            }
        });
        return command;
    }

    private static bool IsDebug => typeof(RunCommand).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true;

    private static bool NginxOrSaysSo()
    {
        if (Nginx.Program is not null) return true;
        Console.Error.WriteLine("nginx is not installed here: it is left out.");
        return false;
    }
}
