using System.Globalization;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Endurance;

/// <summary>Four containers, and the configuration of a gateway before them: <c>m</c> is everywhere, <c>m0</c> to <c>m3</c> on one each.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    public const int Slots = 4;

    /// <summary>Of a slot, in seconds. Longer than any run: a slot that leaks shows, and is not taken back quietly.</summary>
    private const int LongLease = 7200;

    private Fleet(Backend[] backends) => Backends = backends;

    public Backend[] Backends { get; }

    /// <param name="firstToken">Time to it.</param>
    /// <param name="perToken">Time between two.</param>
    public static async Task<Fleet> StartAsync(TimeSpan firstToken, TimeSpan perToken) => new(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Backend.StartAsync(new SimulatorOptions
    {
        Models = ["m", "embed-m"],
        // Unlimited, so that an overrun shows.
        Slots = 0,
        TimeToFirstToken = firstToken,
        TimePerToken = perToken,
        Tokens = Door.Tokens,
    }))));

    /// <param name="version">Of the configuration: each is a little different from the one before.</param>
    /// <param name="lease">Of a slot, in seconds.</param>
    /// <param name="keepAll">Of what is stored, nothing is forgotten.</param>
    public string Configuration(int version, int lease = LongLease, bool keepAll = false) => string.Create(CultureInfo.InvariantCulture, $$"""
        model_list:
        {{string.Concat(Backends.SelectMany((b, i) => (string[])[Deployment("m", b, i, 1 + ((version + i) % 3)), Deployment($"m{i}", b, i, 1)]))}}
          - {model_name: e, litellm_params: {model: ollama/embed-m, api_base: "{{Backends[0].BaseAddress}}"} }
          - {model_name: version-{{version % 5}}, litellm_params: {model: ollama_chat/m, api_base: "{{Backends[1].BaseAddress}}"} }
        router_settings: {num_retries: 2, allowed_fails: 5, cooldown_time: 1}
        general_settings: {master_key: {{BenchGateway.Master}}}
        gateway_settings:
          first_token_timeout: 3
          between_tokens_timeout: 2
          connect_timeout: 2
          queue: {queue_timeout: 30, max_queue: {{900 + (version % 7)}}}
          limits: {user: {rpm: 1000000, tpm: 1000000000, max_parallel_requests: 1000} }
          conversations: {{(keepAll ? "{ttl: 86400, max_turns: 1000, max_responses: 10000}" : "{ttl: 60, max_turns: 40, max_conversations: 30, max_responses: 30}")}}
          telemetry: {request_log: false}
          backends:
        {{string.Concat(Backends.Select(b => $"    \"{b.BaseAddress}\": {{slots: {Slots}, lease: {lease}, health_interval: 1, model_patience: 0}}\n"))}}
        """);

    /// <summary>As editors do: a new file takes the old one's name.</summary>
    public async Task ReloadAsync(string folder, int version, bool keepAll = false)
    {
        var path = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(path + ".new", Configuration(version, keepAll: keepAll));
        File.Move(path + ".new", path, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var backend in Backends) await backend.DisposeAsync();
    }

    private static string Deployment(string model, Backend at, int number, int weight)
    {
        var (provider, address) = number == 3 ? ("openai", new Uri(at.BaseAddress, "v1")) : ("ollama_chat", at.BaseAddress);
        return $"  - {{model_name: {model}, litellm_params: {{model: {provider}/m, api_base: \"{address}\", api_key: none, weight: {weight}, max_parallel_requests: {Slots}}} }}\n";
    }
}
