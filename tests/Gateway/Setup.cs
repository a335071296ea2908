using System.Text.Json;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Configurations and simulated containers for the tests. The simulator's own slots are unlimited, so that it would show an overrun.</summary>
internal static class Setup
{
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static Task<SimulatedOllama> OllamaAsync(string model = "m", TimeProvider? time = null, TimeSpan firstToken = default, TimeSpan perToken = default, int tokens = 0) =>
        SimulatedOllama.StartAsync(new SimulatorOptions
        {
            Models = [model],
            Slots = 0,
            TimeToFirstToken = firstToken,
            TimePerToken = perToken,
            Tokens = tokens,
            Time = time ?? TimeProvider.System,
        });

    /// <summary>One deployment line.</summary>
    public static string Model(string name, SimulatedOllama at, string provider = "ollama_chat", string model = "m") =>
        $"  - {{model_name: {name}, litellm_params: {{model: \"{provider}/{model}\", api_base: \"{Base(at, provider)}\"{(provider == "vertex_ai" ? ", vertex_project: p, api_key: token" : "")}, max_parallel_requests: 1}}}}\n";

    /// <param name="rest">Further top-level sections.</param>
    public static string Config(string models, string rest = "") => $"model_list:\n{models}{rest}";

    /// <summary>No retries, no health probes: exactly what the test does happens.</summary>
    public static string Quiet(params SimulatedOllama[] backends) => QuietWith("", backends);

    public static string QuietWith(string options, params SimulatedOllama[] backends) => QuietWith(options, [.. backends.Select(b => b.BaseAddress)]);

    public static string QuietWith(string options, params Uri[] backends) =>
        "router_settings: {num_retries: 0}\ngateway_settings:\n  backends:\n"
        + string.Concat(backends.Select(b => $"    \"{Addresses.Normalise(b)}\": {{slots: 1, health_interval: 0{options}}}\n"));

    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage response)
    {
        var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var error = json.RootElement.GetProperty("error");
        Assert.Equal(["code", "message", "param", "type"], error.EnumerateObject().Select(p => p.Name).Order());
        return error;
    }

    public static string Base(SimulatedOllama at, string provider) => provider is "openai" or "openai/responses" ? new Uri(at.BaseAddress, "v1").ToString() : at.BaseAddress.ToString();
}
