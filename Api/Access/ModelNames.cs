using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Lists of models that may be used: names, access groups, LiteLLM's words for all, or patterns with <c>*</c>.</summary>
internal static class ModelNames
{
    private const string All = "all-proxy-models";

    /// <summary>As many as the key's team may use: the team is asked besides.</summary>
    private const string AllOfTeam = "all-team-models";

    private const string None = "no-default-models";

    public static bool AllowAll(ImmutableArray<string> allowed) => allowed.IsEmpty || allowed.Contains(All) || allowed.Contains(AllOfTeam) || allowed.Contains("*");

    /// <summary>By the name it was asked for, that of its group, or an access group of one of its deployments.</summary>
    public static bool Allow(ImmutableArray<string> allowed, string asked, ModelGroup? group)
    {
        if (allowed.IsEmpty) return true;
        foreach (var pattern in allowed)
        {
            if (pattern is All or AllOfTeam) return true;
            if (pattern == None) continue;
            if (Matches(pattern, asked) || (group is not null && (Matches(pattern, group.Name) || group.IsInAccessGroup(pattern)))) return true;
        }

        return false;
    }

    private static bool Matches(string pattern, string name)
    {
        return pattern == name || (pattern.Contains('*') && !new WildcardPattern(pattern).Match(name).IsDefault);
    }
}
