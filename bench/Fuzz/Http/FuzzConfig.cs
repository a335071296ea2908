using System.Globalization;
using System.Text;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>A model for each worker and each service, all on one raw socket, with everything on that has a reader.</summary>
internal static class FuzzConfig
{
    public const string Master = "sk-fuzz-master";

    /// <summary>Of a deployment that nobody asks: it is there to be drained.</summary>
    public const string Spare = "http://127.0.0.1:2";

    public static string Yaml(int upstreamPort, int workers)
    {
        var yaml = new StringBuilder("model_list:\n");
        for (var worker = 0; worker < workers; worker++)
        {
            foreach (var provider in CaseMaker.Providers) yaml.Append(Model(ModelOf(worker, provider), provider, BaseOf(upstreamPort, worker)));
        }

        return yaml.Append(Model("spare", "openai", Spare)).Append(CultureInfo.InvariantCulture, $$"""
            router_settings: {num_retries: 0, disable_cooldowns: true, cooldown_time: 0.1, default_max_parallel_requests: 1000}
            litellm_settings: {cache: true, cache_params: {mode: default_off} }
            general_settings: {master_key: {{Master}} }
            gateway_settings:
              connect_timeout: 5
              first_token_timeout: 3
              between_tokens_timeout: 2
              resumable: {ttl: 10}
              access: {failed_logins_per_minute: 0}
              backends:
                "http://127.0.0.1:{{upstreamPort}}": {slots: 1000, health_interval: 0}
                "{{Spare}}": {health_interval: 0}
            """).ToString();
    }

    /// <summary>It may stand in a path, as one part of it.</summary>
    public static string ModelOf(int worker, string provider) => string.Create(CultureInfo.InvariantCulture, $"w{worker}-{provider.Replace('/', '-')}");

    public static string BaseOf(int port, int worker) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/w{worker}");

    private static string Model(string name, string provider, string address) =>
        $"  - {{model_name: {name}, litellm_params: {{model: \"{provider}/m\", api_base: \"{address}\", api_key: k{(provider == "vertex_ai" ? ", vertex_project: p" : "")}}}}}\n";
}
