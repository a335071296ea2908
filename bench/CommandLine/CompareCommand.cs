using System.CommandLine;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.CommandLine;

/// <summary><c>bench compare A.json B.json</c>.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var before = new Argument<string>("before") { Description = "JSON of an earlier run." };
        var after = new Argument<string>("after") { Description = "JSON of a later one." };
        var command = new Command("compare", "What changed between two runs, figure by figure.") { before, after };
        command.SetAction(parsed =>
        {
            try
            {
                Comparison.Print(Console.Out, BenchReport.Read(parsed.GetValue(before)!), BenchReport.Read(parsed.GetValue(after)!));
                return 0;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                Console.Error.WriteLine(e.Message);
                return 2;
            }
        });
        return command;
    }
}
