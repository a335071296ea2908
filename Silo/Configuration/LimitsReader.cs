using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.limits</c>, and LiteLLM's <c>rate_limit</c>.</summary>
internal static class LimitsReader
{
    private const long Most = 1_000_000_000_000;

    public static LimitOptions? Read(ConfigSection settings)
    {
        if (settings.Map("limits") is not { } map) return null;
        var path = settings.PathOf("limits");
        settings.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, settings.Report);
        var defaults = new LimitOptions();
        var teams = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var options = new LimitOptions
        {
            User = One(s, "user"),
            Key = One(s, "key"),
            All = One(s, "all"),
            Users = Many(s, "users"),
            Models = Many(s, "models"),
            Teams = Many(s, "teams", (team, members) => TakeMembers(team, members, teams)),
            ReservedOutputTokens = (long?)s.Number("reserve_output_tokens", 0, Most) ?? defaults.ReservedOutputTokens,
            ForgetAfterDays = s.Int("forget_after_days", 0, 36_500) ?? defaults.ForgetAfterDays,
        };
        s.Finish();
        return options with { TeamOfUser = teams.ToImmutable() };
    }

    /// <summary>Without meaning in LiteLLM; what it says can only be meant for each user.</summary>
    public static RateLimits? ReadRateLimit(ConfigSection settings)
    {
        if (settings.Map("rate_limit") is not { } map) return null;
        settings.Report.Translated(settings.PathOf("rate_limit"), map.Line, "gateway_settings.limits.user: of each user, by the user field, else by API key");
        return Limits(new ConfigSection(map, settings.PathOf("rate_limit"), settings.Report));
    }

    private static RateLimits One(ConfigSection s, string key)
    {
        if (s.Map(key) is not { } map) return RateLimits.None;
        s.Report.Honoured(s.PathOf(key), map.Line);
        return Limits(new ConfigSection(map, s.PathOf(key), s.Report));
    }

    private static ImmutableDictionary<string, RateLimits> Many(ConfigSection s, string key, Action<string, ConfigSection>? more = null)
    {
        var all = ImmutableDictionary.CreateBuilder<string, RateLimits>(StringComparer.Ordinal);
        if (s.Map(key) is not { } map) return all.ToImmutable();
        s.Report.Honoured(s.PathOf(key), map.Line);
        foreach (var entry in map.Entries)
        {
            var path = $"{s.PathOf(key)}.{entry.Key}";
            if (entry.Value is not ConfigMap limits)
            {
                s.Report.Error(path, entry.Line, $"expected a mapping like {{rpm: 100}}, found {entry.Value.Describe()}");
                continue;
            }

            var section = new ConfigSection(limits, path, s.Report, knownAs: s.PathOf(key) + ".*");
            more?.Invoke(entry.Key, section);
            all[entry.Key] = Limits(section);
        }

        return all.ToImmutable();
    }

    private static void TakeMembers(string team, ConfigSection section, ImmutableDictionary<string, string>.Builder teams)
    {
        foreach (var user in section.Strings("users") ?? [])
        {
            if (teams.TryGetValue(user, out var other)) section.Report.Error(section.PathOf("users"), section.Line, $"'{user}' is in team '{other}' already");
            else teams[user] = team;
        }
    }

    private static RateLimits Limits(ConfigSection s)
    {
        var limits = new RateLimits
        {
            Requests = (long?)s.Number("rpm", 1, Most, note: "requests in any 60 s"),
            Tokens = (long?)s.Number("tpm", 1, Most, note: "tokens in any 60 s"),
            Parallel = s.Int("max_parallel_requests", 1),
            Budget = BudgetReader.Read(s),
        };
        s.Finish();
        return limits;
    }
}
