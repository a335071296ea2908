using System.CommandLine;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Silo.CommandLine;

/// <summary><c>validate FILE</c>: what becomes of every key, line by line. Exit code 1 on an error, 0 otherwise.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A LiteLLM or OrleansLlm configuration file." };
        var command = new Command("validate", "Say key by key what the gateway makes of a configuration file.") { file };
        command.SetAction(parsed => Run(parsed.GetValue(file)!, Console.Out));
        return command;
    }

    public static int Run(string path, TextWriter output)
    {
        if (new ConfigFiles(path).TryRead(out var text) is { } problem)
        {
            output.WriteLine($"{path}: error: {problem}");
            return 1;
        }

        var variables = Variables.Beside(path, Environment.GetEnvironmentVariable);
        var (catalog, report) = ConfigLoader.Load(text, variables);
        SplitLedger.Report(catalog.Settings, Engine.HasOtherNodes, report);
        ReportPrinter.Print(report, output);
        var deployments = catalog.Groups.Sum(g => g.Deployments.Length);
        output.WriteLine();
        output.WriteLine(report.HasErrors
            ? $"{path}: {report.Findings.Count(f => f.Kind == FindingKind.Error)} errors: the gateway would not start with it."
            : $"{path}: valid. {catalog.Groups.Length} models, {deployments} deployments, {catalog.Backends.Count} backends.");
        return report.HasErrors ? 1 : 0;
    }
}
