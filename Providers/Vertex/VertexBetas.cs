using System.Collections.Frozen;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Vertex;

/// <summary>
/// Which of a client's flags Vertex AI takes. It refuses a request with one that it does not know, and Anthropic's agents send more of them with every version. The list is LiteLLM's
/// (its <c>anthropic_beta_headers_config.json</c>); flags of the configuration are not looked at.
/// </summary>
internal static class VertexBetas
{
    /// <summary>LiteLLM sends it with every request that has the tool.</summary>
    private const string Search = "web-search-2025-03-05";

    private static readonly FrozenDictionary<string, string> Known = new[]
    {
        "compact-2026-01-12", "compact-2026-09-04", "computer-use-2025-01-24", "computer-use-2025-11-24", "context-1m-2025-08-07", "context-management-2025-06-27", "dangerous-tool-use-2026-09-03",
        "interleaved-thinking-2025-05-14", "per-turn-control-2026-07-01", "thinking-binding-controls-2026-08-01", "thinking-display-updates-2026-08-18", "tool-search-tool-2025-10-19", Search,
    }.Select(flag => KeyValuePair.Create(flag, flag)).Append(
        // Of the tools that it stands for at Anthropic only this one is there, under its older name.
        KeyValuePair.Create("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19")).ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="asked">The client's list; null: none.</param>
    /// <param name="report">Of a request that is said already: whether it may search.</param>
    public static string? Taken(string? asked, UpstreamReport report)
    {
        if (asked is null) return report.MayCite ? Search : null;
        var flags = asked.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var taken = flags.Where(Known.ContainsKey).ToList();
        if (taken.Count < flags.Length) report.Dropped.Add(AnthropicBetas.Header);
        return string.Join(',', taken.Select(flag => Known[flag]).Concat(report.MayCite ? [Search] : []));
    }
}
