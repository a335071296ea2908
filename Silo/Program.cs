using System.CommandLine;
using OrleansLlm.Silo.CommandLine;

// The library's default ends the process two seconds after a signal, whatever still runs: how long a stop may take is for drain_timeout to say.
return await GatewayCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
