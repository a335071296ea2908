using System.Text.Json;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Clients;

/// <summary>A gateway with a master key over simulated backends of one provider: what every client is tried against.</summary>
internal sealed class ClientGateway : IAsyncDisposable
{
    public const string Key = "sk-clients-master-key";

    /// <summary>What every client is tried with.</summary>
    public static readonly string[] Providers = ["ollama_chat", "openai"];

    private ClientGateway(string provider, SimulatedOllama backend, SimulatedOllama slow, TestGateway gateway) =>
        (Provider, Backend, Slow, Gateway) = (provider, backend, slow, gateway);

    /// <summary>LiteLLM's name of it: what stands before the slash in a deployment's model.</summary>
    public string Provider { get; }

    /// <summary>Serves <c>chat</c>, <c>thinker</c> and <c>embedder</c> at once.</summary>
    public SimulatedOllama Backend { get; }

    /// <summary>Serves <c>slow</c> and <c>crowded</c>: a minute an answer, so that a client can leave in the middle of one.</summary>
    public SimulatedOllama Slow { get; }

    public TestGateway Gateway { get; }

    /// <summary>With its /v1.</summary>
    public Uri OpenAiAddress => new(Gateway.Address, "v1");

    public static async Task<ClientGateway> StartAsync(string provider)
    {
        var backend = await SimulatedOllama.StartAsync(new SimulatorOptions { Slots = 0, Models = ["m", "qwen3", "nomic-embed-text"] });
        var slow = await SimulatedOllama.StartAsync(new SimulatorOptions { Slots = 0, Models = ["m"], TimePerToken = TimeSpan.FromMilliseconds(20), Tokens = 3000 });
        return new ClientGateway(provider, backend, slow, await TestGateway.StartAsync(Config(provider, backend, slow)));
    }

    /// <summary>What the simulator says.</summary>
    public static string AnswerTo(string prompt, string model = "m") => $"This is a simulated answer from {model} to: {prompt}";

    /// <summary>The next inference of <see cref="Backend"/> is refused with this status, in the words of its API.</summary>
    public void Refuse(int status, string message) => Backend.Faults.Add(new Fault
    {
        Kind = FaultKind.Status,
        Status = status,
        Body = JsonSerializer.Serialize(Provider == "openai" ? new { error = new { message } } : (object)new { error = message }),
    });

    /// <summary>Runs something that leaves an answer of <see cref="Slow"/>, and waits until that has noticed.</summary>
    public async Task LeavesAsync(Func<Task> act)
    {
        var before = Slow.Stats.Cancelled;
        await act();
        await Support.Eventually.UntilAsync(() => Slow.Stats.Cancelled > before, "the backend hears that the client has gone");
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Backend.DisposeAsync();
        await Slow.DisposeAsync();
    }

    /// <summary>What a backend does reaches the client: no retries, no cooldowns, no probes. One model takes one request at a time, one has nobody behind it.</summary>
    private static string Config(string provider, SimulatedOllama backend, SimulatedOllama slow) =>
        "model_list:\n"
        + Setup.Model("chat", backend, provider)
        + Setup.Model("thinker", backend, provider, "qwen3")
        + Setup.Model("embedder", backend, provider, "nomic-embed-text")
        + Setup.Model("slow", slow, provider)
        + Setup.Model("crowded", slow, provider)
        + $"  - {{model_name: absent, litellm_params: {{model: {provider}/m, api_base: \"http://127.0.0.1:9\"}}}}\n"
        + $$$"""
           router_settings: {num_retries: 0, disable_cooldowns: true}
           general_settings: {master_key: "{{{Key}}}"}
           gateway_settings:
             backends:
               "{{{Addresses.Normalise(backend.BaseAddress)}}}": {slots: 8, health_interval: 0}
               "{{{Addresses.Normalise(slow.BaseAddress)}}}": {slots: 8, health_interval: 0}
             limits:
               all: {rpm: 100000, tpm: 100000000}
               models: {crowded: {max_parallel_requests: 1}}

           """;
}
