using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>LiteLLM's <c>max_budget</c>, <c>budget_duration</c> and <c>soft_budget</c>, wherever they stand.</summary>
internal static class BudgetReader
{
    private const double Most = 1_000_000_000_000;

    public static Budget? Read(ConfigSection s) => Read(s, "US dollars", zeroIsNone: false);

    /// <summary>Of all requests together, where LiteLLM takes 0 for no budget; elsewhere 0 lets nobody in.</summary>
    public static Budget? ReadOfAll(ConfigSection s) => Read(s, "of all requests together, in US dollars: gateway_settings.limits.all; 0: no budget, as by LiteLLM", zeroIsNone: true);

    /// <summary>Of a deployment or a provider, by LiteLLM's older names of the keys as well: what is spent keeps its requests away. 0 is no budget there.</summary>
    public static Budget? ReadUpstream(ConfigSection s, params ReadOnlySpan<string> olderNames)
    {
        const string Note = "US dollars; once they are spent, other deployments are asked; 0: no budget, as by LiteLLM";
        var max = s.Number("max_budget", 0, Most, Note) ?? (olderNames.IsEmpty ? null : s.Number(olderNames[0], 0, Most, Note));
        var duration = ReadDuration(s) ?? (olderNames.IsEmpty ? null : ReadDuration(s, olderNames[1]));
        return Budget.Of(max is > 0 ? max : null, duration, null);
    }

    private static Budget? Read(ConfigSection s, string note, bool zeroIsNone)
    {
        var max = s.Number("max_budget", 0, Most, note);
        return Budget.Of(max is 0 && zeroIsNone ? null : max, ReadDuration(s), s.Number("soft_budget", 0, Most, "US dollars; warns only"));
    }

    private static string? ReadDuration(ConfigSection s, string key = "budget_duration")
    {
        if (s.Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        if ((entry.Value as ConfigScalar)?.Text is not { } text || !BudgetPeriods.IsValid(text)) return s.Wrong<string>(entry, "a time such as 30s, 30m, 12h, 1d, 7d, 30d or 1mo");
        s.Report.Honoured(s.PathOf(entry.Key), entry.Line, "by UTC");
        return text;
    }
}
