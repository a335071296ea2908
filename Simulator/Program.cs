using System.CommandLine;
using OrleansLlm.Simulator;
using OrleansLlm.Simulator.Prepared;

var host = new Option<string>("--host") { Description = "Address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };
var port = new Option<int>("--port") { Description = "TCP port; 0 takes a free one.", DefaultValueFactory = _ => 11435 };
var model = new Option<string[]>("--model") { Description = "A model that is \"pulled\"; repeatable.", DefaultValueFactory = _ => ["qwen2.5:0.5b"] };
var ttft = new Option<double>("--ttft-ms") { Description = "Milliseconds to the first token." };
var perToken = new Option<double>("--token-ms") { Description = "Milliseconds between tokens; 0 writes an answer in one go." };
var tokens = new Option<int>("--tokens") { Description = "Tokens per answer; 0 is as long as the sentence is." };
var slots = new Option<int>("--slots") { Description = "Simultaneous inferences per model; 0 is unlimited.", DefaultValueFactory = _ => 1 };
var load = new Option<double>("--load-ms") { Description = "Milliseconds to load a model." };

var command = new RootCommand("A stand-in for an Ollama or OpenAI-compatible server, with faults on demand.")
{
    host, port, model, ttft, perToken, tokens, slots, load, PreparedCommand.Create(),
};
command.SetAction(async (parsed, stopping) =>
{
    await using var server = await SimulatedOllama.StartAsync(new SimulatorOptions
    {
        Host = parsed.GetValue(host)!,
        Port = parsed.GetValue(port),
        Models = parsed.GetValue(model)!,
        TimeToFirstToken = TimeSpan.FromMilliseconds(parsed.GetValue(ttft)),
        TimePerToken = TimeSpan.FromMilliseconds(parsed.GetValue(perToken)),
        Tokens = parsed.GetValue(tokens),
        Slots = parsed.GetValue(slots),
        LoadTime = TimeSpan.FromMilliseconds(parsed.GetValue(load)),
    }, stopping);
    Console.WriteLine($"Simulated Ollama on {server.BaseAddress} with {string.Join(", ", parsed.GetValue(model)!)}");
    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
});
return await command.Parse(args).InvokeAsync();
