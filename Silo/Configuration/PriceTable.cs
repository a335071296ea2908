using System.Collections.Frozen;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// List prices for deployments that say none (<c>input_cost_per_token</c>, <c>output_cost_per_token</c>): a few well-known models, at their
/// makers' own services, as of 2025-06. Whoever pays other prices writes them into the file.
/// </summary>
internal static class PriceTable
{
    private const double Million = 1_000_000;

    /// <summary>By the name of the model, for each maker. US dollars for a million tokens.</summary>
    private static readonly FrozenDictionary<string, FrozenDictionary<string, TokenPrice>> Makers = new Dictionary<string, FrozenDictionary<string, TokenPrice>>
    {
        ["openai"] = Prices(("gpt-4o-mini", 0.15, 0.60, 0.075, null), ("gpt-4o", 2.50, 10.00, 1.25, null), ("gpt-4-turbo", 10.00, 30.00, null, null), ("gpt-3.5-turbo", 0.50, 1.50, null, null)),
        ["anthropic"] = Prices(("claude-3-5-haiku-20241022", 0.80, 4.00, 0.08, 1.00)),
        ["gemini"] = Prices(("gemini-1.5-flash", 0.075, 0.30, null, null)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="baseModel"><c>model_info.base_model</c>: what a deployment with a name of its own (Azure's) really is, with its prefix or
    /// without; null: what its name says.</param>
    /// <returns>Nothing for one's own Ollama, null where no price is known.</returns>
    public static TokenPrice? Find(ProviderEntry provider, string model, string? baseModel = null)
    {
        if (provider.IsOllama) return new TokenPrice(0, 0);
        var name = baseModel is null ? model : baseModel[(baseModel.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return Of(provider).TryGetValue(name, out var price) ? price : null;
    }

    /// <summary>Of all models that a service has, by their names: for a deployment that serves whichever is asked for.</summary>
    public static IReadOnlyDictionary<string, TokenPrice> Of(ProviderEntry provider) =>
        Makers.GetValueOrDefault(MakerOf(provider)) ?? FrozenDictionary<string, TokenPrice>.Empty;

    /// <summary>The two clouds ask what the makers ask.</summary>
    private static string MakerOf(ProviderEntry provider) => provider.Prefix switch { "azure" => "openai", "vertex_ai" => "gemini", var own => own };

    private static FrozenDictionary<string, TokenPrice> Prices(params (string Model, double Input, double Output, double? CacheRead, double? CacheWrite)[] perMillion) =>
        perMillion.ToFrozenDictionary(p => p.Model, p => new TokenPrice(p.Input / Million, p.Output / Million, p.CacheRead / Million, p.CacheWrite / Million), StringComparer.Ordinal);
}
