using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Lists of models that may be used: names, LiteLLM's words for all, or patterns with <c>*</c>.</summary>
internal static class ModelNames
{
    private const string All = "all-proxy-models";

    /// <summary>As many as the key's team may use: the team is asked besides.</summary>
    private const string AllOfTeam = "all-team-models";

    private const string None = "no-default-models";

    /// <param name="names">What one model goes by; one of them is enough.</param>
    public static bool Allow(ImmutableArray<string> allowed, params ReadOnlySpan<string?> names)
    {
        if (allowed.IsEmpty) return true;
        foreach (var pattern in allowed)
        {
            if (pattern is All or AllOfTeam) return true;
            foreach (var name in names)
            {
                if (name is not null && pattern != None && Matches(pattern, name)) return true;
            }
        }

        return false;
    }

    private static bool Matches(string pattern, string name)
    {
        return pattern == name || (pattern.Contains('*') && !new WildcardPattern(pattern).Match(name).IsDefault);
    }
}
