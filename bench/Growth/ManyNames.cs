using System.Globalization;
using System.Text;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Growth;

/// <summary>One simulator under more and more names, each of which is a backend of its own to the gateway.</summary>
internal static class ManyNames
{
    /// <param name="models">The public name of each entry, which has a backend to itself.</param>
    /// <param name="more">Further top-level sections.</param>
    public static string Yaml(SimulatedOllama backend, IEnumerable<string> models, string more = "")
    {
        var yaml = new StringBuilder("model_list:\n");
        foreach (var (number, model) in models.Index())
        {
            // Every address of 127/8 is this machine.
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{model_name: {model}, litellm_params: {{model: ollama_chat/m, api_base: \"http://127.1.{number / 250}.{1 + (number % 250)}:{backend.BaseAddress.Port}\", max_parallel_requests: 8}}}}\n");
        }

        return yaml.Append(CultureInfo.InvariantCulture, $"general_settings: {{master_key: {BenchGateway.Master}}}\ngateway_settings: {{limits: {{}}}}\n{more}").ToString();
    }
}
