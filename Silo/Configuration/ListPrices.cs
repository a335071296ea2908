using System.Collections.Frozen;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// What makers ask for their models at their own services, in US dollars for a million tokens: of prompts of an ordinary length, by day, without a discount. From August 2026, and
/// only what the two public lists at https://www.llm-prices.com and https://github.com/pydantic/genai-prices agree on. Whoever pays other prices writes them into the file.
/// </summary>
internal static class ListPrices
{
    private const double Million = 1_000_000;

    /// <summary>By the prefix of the maker and the name of the model, without the date of a version.</summary>
    public static FrozenDictionary<string, FrozenDictionary<string, TokenPrice>> Makers { get; } = new Dictionary<string, FrozenDictionary<string, TokenPrice>>
    {
        ["openai"] = Prices(
            ("gpt-3.5-turbo", 0.50, 1.50, null, null),
            ("gpt-4-turbo", 10.00, 30.00, null, null),
            ("gpt-4o", 2.50, 10.00, 1.25, null),
            // Older than the drop in price that the name without a date tells of.
            ("gpt-4o-2024-05-13", 5.00, 15.00, null, null),
            ("gpt-4o-mini", 0.15, 0.60, 0.075, null),
            ("gpt-4.1", 2.00, 8.00, 0.50, null),
            ("gpt-4.1-mini", 0.40, 1.60, 0.10, null),
            ("gpt-4.1-nano", 0.10, 0.40, 0.025, null),
            ("gpt-5", 1.25, 10.00, 0.125, null),
            ("gpt-5-mini", 0.25, 2.00, 0.025, null),
            ("gpt-5-nano", 0.05, 0.40, 0.005, null),
            ("gpt-5-pro", 15.00, 120.00, null, null),
            ("gpt-5.1", 1.25, 10.00, 0.125, null),
            ("gpt-5.1-codex-mini", 0.25, 2.00, 0.025, null),
            ("gpt-5.2", 1.75, 14.00, 0.175, null),
            ("gpt-5.2-pro", 21.00, 168.00, null, null),
            ("gpt-5.4", 2.50, 15.00, 0.25, null),
            ("gpt-5.4-mini", 0.75, 4.50, 0.075, null),
            ("gpt-5.4-nano", 0.20, 1.25, 0.02, null),
            ("gpt-5.4-pro", 30.00, 180.00, null, null),
            ("gpt-5.5", 5.00, 30.00, 0.50, null),
            ("gpt-5.5-pro", 30.00, 180.00, null, null),
            ("gpt-5.6-sol", 5.00, 30.00, 0.50, 6.25),
            ("o1", 15.00, 60.00, 7.50, null),
            ("o1-mini", 1.10, 4.40, 0.55, null),
            ("o1-pro", 150.00, 600.00, null, null),
            ("o3-mini", 1.10, 4.40, 0.55, null),
            ("o3-pro", 20.00, 80.00, null, null),
            ("o4-mini", 1.10, 4.40, 0.275, null)),
        ["anthropic"] = Prices(
            ("claude-3-haiku", 0.25, 1.25, 0.03, 0.30),
            ("claude-3-opus", 15.00, 75.00, 1.50, 18.75),
            ("claude-3-5-haiku", 0.80, 4.00, 0.08, 1.00),
            ("claude-3-5-sonnet", 3.00, 15.00, 0.30, 3.75),
            ("claude-3-7-sonnet", 3.00, 15.00, 0.30, 3.75),
            ("claude-opus-4", 15.00, 75.00, 1.50, 18.75),
            ("claude-opus-4-0", 15.00, 75.00, 1.50, 18.75),
            ("claude-opus-4-1", 15.00, 75.00, 1.50, 18.75),
            ("claude-opus-4-5", 5.00, 25.00, 0.50, 6.25),
            ("claude-opus-4-6", 5.00, 25.00, 0.50, 6.25),
            ("claude-opus-4-7", 5.00, 25.00, 0.50, 6.25),
            ("claude-opus-4-8", 5.00, 25.00, 0.50, 6.25),
            ("claude-sonnet-4-5", 3.00, 15.00, 0.30, 3.75),
            ("claude-sonnet-5", 3.00, 15.00, 0.30, 3.75),
            ("claude-haiku-4-5", 1.00, 5.00, 0.10, 1.25),
            ("claude-fable-5", 10.00, 50.00, 1.00, 12.50)),
        ["gemini"] = Prices(
            ("gemini-1.5-flash", 0.075, 0.30, null, null),
            ("gemini-1.5-pro", 1.25, 5.00, null, null),
            ("gemini-2.0-flash", 0.10, 0.40, 0.025, null),
            ("gemini-2.0-flash-lite", 0.075, 0.30, null, null),
            ("gemini-2.5-flash", 0.30, 2.50, 0.03, null),
            ("gemini-2.5-flash-lite", 0.10, 0.40, 0.01, null),
            ("gemini-2.5-pro", 1.25, 10.00, 0.125, null),
            ("gemini-3-flash-preview", 0.50, 3.00, 0.05, null),
            ("gemini-3-pro-preview", 2.00, 12.00, 0.20, null),
            ("gemini-3.1-flash-lite", 0.25, 1.50, 0.025, null),
            ("gemini-3.1-pro-preview", 2.00, 12.00, 0.20, null),
            ("gemini-3.5-flash", 1.50, 9.00, 0.15, null),
            ("gemini-3.5-flash-lite", 0.30, 2.50, 0.03, null),
            ("gemini-3.6-flash", 1.50, 7.50, 0.15, null)),
        ["deepseek"] = Prices(
            ("deepseek-chat", 0.27, 1.10, 0.07, null),
            ("deepseek-reasoner", 0.55, 2.19, 0.14, null),
            ("deepseek-v4-flash", 0.14, 0.28, 0.0028, null)),
        ["xai"] = Prices(
            ("grok-3", 3.00, 15.00, 0.75, null),
            ("grok-3-mini", 0.30, 0.50, 0.075, null),
            ("grok-4-0709", 3.00, 15.00, 0.75, null),
            ("grok-4-fast-reasoning", 0.20, 0.50, 0.05, null),
            ("grok-4.3", 1.25, 2.50, 0.20, null),
            ("grok-4.5", 2.00, 6.00, 0.50, null),
            ("grok-code-fast-1", 0.20, 1.50, 0.02, null)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static FrozenDictionary<string, TokenPrice> Prices(params (string Model, double Input, double Output, double? CacheRead, double? CacheWrite)[] perMillion) =>
        perMillion.ToFrozenDictionary(p => p.Model, p => new TokenPrice(p.Input / Million, p.Output / Million, p.CacheRead / Million, p.CacheWrite / Million), StringComparer.Ordinal);
}
