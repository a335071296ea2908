using System.Text;
using System.Text.Json.Nodes;
using OrleansLlm.Providers;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Discovery;

/// <summary>A configuration for those who have none: the local Ollama's models, or simulated ones.</summary>
internal static class Found
{
    private const string DefaultOllama = "http://localhost:11434";
    private const string Latest = ":latest";

    /// <summary>Where nobody listens the answer is no at once. This is for one that is there, and a machine that has much to start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<(string Yaml, string Source)> ConfigurationAsync(
        Func<string, string?> variable, SimulatedBackends simulated, TextWriter progress, CancellationToken cancellationToken)
    {
        var address = variable("OLLAMA_BASE_URL") is { Length: > 0 } given ? given : DefaultOllama;
        await progress.WriteLineAsync($"No configuration: looking for an Ollama at {address}, for at most {Patience.TotalSeconds} s");
        if (Addresses.TryParse(address, out var ollama) && await AskAsync(ollama, cancellationToken) is { } models)
        {
            return (Yaml([.. models.Select(m => (m, ollama))]), $"none; the models of the Ollama at {Addresses.Normalise(ollama)}");
        }

        var started = await simulated.StartAsync(cancellationToken);
        return (Yaml(started), $"none, and no Ollama at {address}: two SIMULATED containers in this process");
    }

    /// <summary>The models of an Ollama; null when none answers there.</summary>
    private static async Task<IReadOnlyList<string>?> AskAsync(Uri ollama, CancellationToken cancellationToken)
    {
        using var services = new ServiceCollection().AddProviders().BuildServiceProvider();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var answer = await services.GetRequiredService<IUpstreamProbe>().ProbeAsync("ollama", ollama, null, UpstreamTrust.OfTheSystem, patience.Token);
            return answer.Alive ? answer.Available ?? [] : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// JSON strings are YAML strings: no name can break out of its place. Ollama lists a model with its tag and takes it without one as well, at each of its doors.
    /// </summary>
    internal static string Yaml(IReadOnlyCollection<(string Model, Uri Address)> models)
    {
        var yaml = new StringBuilder("model_list:\n");
        foreach (var (model, address) in models)
        {
            yaml.Append("  - model_name: ").Append(Quoted(model)).Append('\n')
                .Append("    litellm_params: {model: ").Append(Quoted("ollama_chat/" + model))
                .Append(", api_base: ").Append(Quoted(Addresses.Normalise(address))).Append("}\n");
        }

        var names = models.Select(m => m.Model).ToHashSet(StringComparer.Ordinal);
        var bare = names.Where(n => n.EndsWith(Latest, StringComparison.Ordinal) && !names.Contains(n[..^Latest.Length])).ToList();
        if (bare.Count > 0) yaml.Append("router_settings:\n  model_group_alias:\n");
        foreach (var name in bare) yaml.Append("    ").Append(Quoted(name[..^Latest.Length])).Append(": {model: ").Append(Quoted(name)).Append(", hidden: true}\n");
        return yaml.ToString();
    }

    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();
}
