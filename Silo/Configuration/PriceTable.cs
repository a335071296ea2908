using System.Collections.Frozen;
using OrleansLlm.Catalog;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Bedrock;

namespace OrleansLlm.Silo.Configuration;

/// <summary>The <see cref="ListPrices"/> of deployments that say none (<c>input_cost_per_token</c>, <c>output_cost_per_token</c>).</summary>
internal static class PriceTable
{
    /// <summary>They ask what the makers ask, whose names for their models they keep.</summary>
    private static readonly FrozenDictionary<string, FrozenDictionary<string, TokenPrice>> Clouds = new Dictionary<string, FrozenDictionary<string, TokenPrice>>
    {
        ["azure"] = ListPrices.Makers["openai"],
        ["azure_ai"] = Together("openai", "anthropic"),
        ["vertex_ai"] = Together("gemini", "anthropic"),
        ["vertex_ai_beta"] = Together("gemini", "anthropic"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="baseModel"><c>model_info.base_model</c>: what a deployment with a name of its own (Azure's) really is, with its prefix or
    /// without; null: what its name says.</param>
    /// <returns>Nothing for one's own Ollama, null where no price is known.</returns>
    public static TokenPrice? Find(ProviderEntry provider, string model, string? baseModel = null)
    {
        if (provider.IsOllama) return new TokenPrice(0, 0);
        var name = baseModel is null ? model : baseModel[(baseModel.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return provider.Wire == UpstreamWire.Bedrock ? OfBedrock(name) : TokenPrice.Find(Of(provider), name);
    }

    /// <summary>Of all models that a service has, by their names: for a deployment that serves whichever is asked for.</summary>
    public static IReadOnlyDictionary<string, TokenPrice> Of(ProviderEntry provider) =>
        Clouds.GetValueOrDefault(provider.Prefix) ?? ListPrices.Makers.GetValueOrDefault(provider.Prefix) ?? FrozenDictionary<string, TokenPrice>.Empty;

    /// <summary>
    /// Amazon asks what Anthropic asks where a request may be sent anywhere (<c>global.</c>). Within a region, or a part of the world, newer models cost a tenth more, and
    /// older ones what Amazon says; other makers' prices are Amazon's own.
    /// </summary>
    private static TokenPrice? OfBedrock(string id) =>
        BedrockModel.Of(id) is { Scope: "global", Maker: "anthropic", Name: var name } ? TokenPrice.Find(ListPrices.Makers["anthropic"], name) : null;

    private static FrozenDictionary<string, TokenPrice> Together(params string[] makers) =>
        makers.SelectMany(maker => ListPrices.Makers[maker]).ToFrozenDictionary(price => price.Key, price => price.Value, StringComparer.Ordinal);
}
