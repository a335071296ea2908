using System.Collections.Frozen;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// List prices for deployments that say none (<c>input_cost_per_token</c>, <c>output_cost_per_token</c>): a few well-known models, at their
/// makers' own services, as of 2025-06. Whoever pays other prices writes them into the file.
/// </summary>
internal static class PriceTable
{
    private const double Million = 1_000_000;

    /// <summary>US dollars for a million tokens.</summary>
    private static readonly FrozenDictionary<string, (double Input, double Output)> PerMillion = new Dictionary<string, (double, double)>
    {
        ["openai/gpt-4o-mini"] = (0.15, 0.60),
        ["openai/gpt-4o"] = (2.50, 10.00),
        ["openai/gpt-4-turbo"] = (10.00, 30.00),
        ["openai/gpt-3.5-turbo"] = (0.50, 1.50),
        ["anthropic/claude-3-5-haiku-20241022"] = (0.80, 4.00),
        ["gemini/gemini-1.5-flash"] = (0.075, 0.30),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="baseModel"><c>model_info.base_model</c>: what a deployment with a name of its own (Azure's) really is, with its prefix or
    /// without; null: what its name says.</param>
    /// <returns>US dollars a token: nothing for one's own Ollama, null where no price is known.</returns>
    public static (double? Input, double? Output) Find(ProviderEntry provider, string model, string? baseModel = null)
    {
        if (provider.IsOllama) return (0, 0);
        // The two clouds ask what the makers ask.
        var maker = provider.Prefix switch { "azure" => "openai", "vertex_ai" => "gemini", var own => own };
        var name = baseModel is null ? model : baseModel[(baseModel.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return PerMillion.TryGetValue($"{maker}/{name}", out var price) ? (price.Input / Million, price.Output / Million) : (null, null);
    }
}
