using System.CommandLine;

namespace OrleansLlm.Simulator.Prepared;

/// <summary><c>simulator prepared</c>: a backend for benchmarks, which costs as little as it can.</summary>
internal static class PreparedCommand
{
    public static Command Create()
    {
        var host = new Option<string>("--host") { Description = "Address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "TCP port; 0 takes a free one.", DefaultValueFactory = _ => 0 };
        var single = new Option<int>("--one-slot") { Description = "So many ports more, each a backend with one slot; the numbers after the first, if that is named." };
        var command = new Command("prepared", "For benchmarks: answers are bytes made beforehand, at the pace that stands in the prompt.") { host, port, single };
        command.SetAction(async (parsed, stopping) =>
        {
            using var pacer = new Pacer(TimeProvider.System);
            var first = parsed.GetValue(port);
            var ports = Enumerable.Range(0, parsed.GetValue(single) + 1).Select(i => new PreparedPort(parsed.GetValue(host)!, first == 0 ? 0 : first + i, i == 0 ? 0 : 1, pacer)).ToList();
            Console.WriteLine("Prepared " + string.Join(' ', ports.Select(p => p.Address)));
            try
            {
                await Task.WhenAll(ports.Select(p => p.RunAsync(stopping)));
            }
            catch (OperationCanceledException)
            {
                // Asked to stop.
            }

            ports.ForEach(p => p.Dispose());
        });
        return command;
    }
}
