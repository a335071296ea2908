using System.CommandLine;
using OrleansLlm.Bench.CommandLine;

// dotnet run -c Release --project bench -- SCENARIO; see docs/benchmarks.md.
var root = new RootCommand("How fast the gateway is, beside the direct way, nginx and other gateways.") { CompareCommand.Create() };
foreach (var command in RunCommand.CreateAll().Concat(StudyCommands.CreateAll())) root.Add(command);
return await root.Parse(args).InvokeAsync();
