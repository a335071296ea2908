using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// LiteLLM's fields of keys, users and teams. A field that the body has is set, null takes it back, one that it has not stays. Time is an
/// argument.
/// </summary>
internal static class AccountFields
{
    private const long Most = 1_000_000_000_000;
    private const int LongestObject = 16 << 10;

    /// <summary>Kept and shown, without a meaning here.</summary>
    private static readonly string[] Kept = ["tags", KeptFields.Email, KeptFields.Role, KeptFields.Organization, "created_via"];

    /// <summary>These restrict in LiteLLM and are not there yet: a key that seems to be restricted and is not would be worse than none.</summary>
    private static readonly string[] NotYet =
    [
        "allowed_routes", "permissions", "guardrails", "model_max_budget", "aliases", "model_aliases", "allowed_cache_controls", "auto_rotate", "object_permission",
        "enforced_params", "allowed_tools", "members", "members_with_roles", "admins", "allowed_vector_store_indexes", "prompts", "policies", "router_settings", "access_group_ids",
        "budget_id", "team_member_budget", "team_member_budget_duration", "team_member_rpm_limit", "team_member_tpm_limit", "team_member_key_duration", "team_member_permissions", "default_team_member_models",
        "allowed_model_region", "allowed_passthrough_routes", "grace_period", "temp_budget_increase", "temp_budget_expiry", "budget_limits", "allowed_ips", "project_id", "agent_id", "config", "password",
    ];

    private static readonly string[] Set =
    [
        "key_alias", "user_alias", "team_alias", "models", "rpm_limit", "tpm_limit", "max_parallel_requests", "model_rpm_limit", "model_tpm_limit", "model_max_parallel_requests", "max_budget", "soft_budget",
        "budget_duration", "blocked", "metadata", "priority", "weight", "duration", "expires", "user_id", "team_id", "teams", "allow_user_field", "key_type",
    ];

    /// <summary>Whoever makes or changes an account reads them itself.</summary>
    private static readonly string[] ReadElsewhere = ["key", "new_key", "key_hash", "key_name", "spend", "auto_create_key"];

    /// <summary>Of a new user's fields those that its key gets. What else limits the user limits its keys.</summary>
    private static readonly string[] OfTheUsersKey = ["duration", "key_alias"];

    /// <param name="elsewhere">Fields that whoever asks reads itself.</param>
    public static Account Apply(Account account, JsonElement body, DateTimeOffset now, params string[] elsewhere)
    {
        foreach (var field in body.EnumerateObject().Where(f => !elsewhere.Contains(f.Name))) account = Apply(account, field.Name, field.Value, now);
        return account.Kind switch
        {
            AccountKind.User => WithTeam(account, body),
            AccountKind.Key => WithExpiry(account, body),
            _ => account,
        };
    }

    /// <summary>It means something here, or is refused.</summary>
    public static bool Knows(AccountKind kind, string name) => (Set.Contains(name) && IsOf(kind, name)) || Kept.Contains(name) || NotYet.Contains(name) || ReadElsewhere.Contains(name);

    /// <summary>The key that LiteLLM makes for a new user.</summary>
    public static Account KeyOf(string user, JsonElement body, DateTimeOffset now)
    {
        var key = new Account { Kind = AccountKind.Key, Id = "", UserId = user };
        foreach (var field in body.EnumerateObject().Where(f => OfTheUsersKey.Contains(f.Name))) key = Apply(key, field.Name, field.Value, now);
        return key;
    }

    /// <summary>Only keys expire: without one that is made now, a user would only seem to.</summary>
    public static void NeedNoDuration(JsonElement body) => NeedNo("duration", body, "is of a key, and this request makes none");

    /// <summary>Of the key that is made with a user its <c>duration</c> says it.</summary>
    public static void NeedNoExpiry(JsonElement body) => NeedNo("expires", body, "is of a key");

    /// <summary>LiteLLM's way to say what has been spent of a budget; null: the body says nothing of it.</summary>
    public static double? Spend(JsonElement body) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty("spend", out var value) ? Dollars("spend", value) : null;

    public static RequestException NotEnforced(string name) => new(ApiError.BadRequest($"{name} is not enforced by this gateway yet: leave it out.", name, "not_supported"));

    public static double? Dollars(string name, JsonElement value) => FieldReader.Number(name, value, 0, Most);

    private static void NeedNo(string name, JsonElement body, string why)
    {
        if (!body.TryGetProperty(name, out var value) || FieldReader.IsEmpty(value)) return;
        throw new RequestException(ApiError.BadRequest($"{name} {why}: say it in /key/generate or /key/update.", name, "not_supported"));
    }

    private static bool IsOf(AccountKind kind, string name) => name switch
    {
        "allow_user_field" or "key_type" => kind == AccountKind.Key,
        "teams" or "user_alias" => kind == AccountKind.User,
        "team_alias" => kind == AccountKind.Team,
        "key_alias" or "user_id" => kind != AccountKind.Team,
        _ => true,
    };

    private static Account Apply(Account account, string name, JsonElement value, DateTimeOffset now)
    {
        // LiteLLM's pages send a form's empty field so.
        if (name is "duration" or "budget_duration" && FieldReader.IsEmptyText(value)) return account;
        if (NotYet.Contains(name) && !FieldReader.IsEmpty(value)) throw NotEnforced(name);
        var limits = account.Limits;
        return name switch
        {
            "key_alias" or "user_alias" or "team_alias" when name.StartsWith(account.Kind.ToString(), StringComparison.OrdinalIgnoreCase) =>
                account with { Alias = FieldReader.Text(name, value) },
            "models" => account with { Models = FieldReader.Texts(name, value) },
            "rpm_limit" => account with { Limits = limits with { Requests = FieldReader.Whole(name, value, 1, Most) } },
            "tpm_limit" => account with { Limits = limits with { Tokens = FieldReader.Whole(name, value, 1, Most) } },
            "max_parallel_requests" => account with { Limits = limits with { Parallel = (int?)FieldReader.Whole(name, value, 1, int.MaxValue) } },
            "model_rpm_limit" => WithModels(account, name, value, (l, n) => l with { Requests = n }),
            "model_tpm_limit" => WithModels(account, name, value, (l, n) => l with { Tokens = n }),
            "model_max_parallel_requests" => WithModels(account, name, value, (l, n) => l with { Parallel = (int?)n }),
            "max_budget" => account with { MaxBudget = FieldReader.Number(name, value, 0, Most) },
            "soft_budget" => account with { SoftBudget = FieldReader.Number(name, value, 0, Most) },
            "budget_duration" => account with { BudgetDuration = Period(name, value) },
            "blocked" => account with { Blocked = FieldReader.Flag(name, value) },
            "metadata" => account with { Metadata = FieldReader.Object(name, value, LongestObject) },
            "priority" => account with { Priority = (int?)FieldReader.Whole(name, value, 0, QueueFields.LowestPriority) },
            "weight" => account with { Weight = FieldReader.Number(name, value, 0.01, 100) },
            "duration" when account.Kind == AccountKind.Key => account with { Expires = Duration(name, value, now) },
            "user_id" when account.Kind == AccountKind.Key => account with { UserId = FieldReader.Text(name, value, FieldReader.LongestId) },
            "team_id" when account.Kind == AccountKind.Key => account with { TeamId = FieldReader.Text(name, value, FieldReader.LongestId) },
            "allow_user_field" when account.Kind == AccountKind.Key => account with { AllowUserField = FieldReader.Flag(name, value) },
            "key_type" when account.Kind == AccountKind.Key && FieldReader.Text(name, value) is not (null or "default" or "llm_api") =>
                throw AdminBody.Wrong(name, "llm_api or default: only the master key manages"),
            _ when Kept.Contains(name) => account with { Extra = Keep(account.Extra, name, value) },
            _ => account,
        };
    }

    /// <summary>LiteLLM has two fields for it; where one of them says nothing, the other does.</summary>
    private static Account WithTeam(Account user, JsonElement body)
    {
        var listed = body.TryGetProperty("teams", out var teams);
        var named = body.TryGetProperty("team_id", out var team);
        if (!listed && !named) return user;
        var fromList = listed ? OneTeam("teams", teams) : null;
        var fromName = named ? FieldReader.Text("team_id", team, FieldReader.LongestId) : null;
        if (fromList is not null && fromName is not null && fromList != fromName) throw AdminBody.Wrong("team_id", "the team that teams has, or only one of the two");
        var next = fromName ?? fromList;
        return user with { TeamId = next, TeamRole = next == user.TeamId ? user.TeamRole : null };
    }

    /// <summary>The moment itself, as lists show it. A body that was read, changed and sent back has the old one beside its <c>duration</c>, which then says all.</summary>
    private static Account WithExpiry(Account key, JsonElement body)
    {
        const string Name = "expires";
        if (!body.TryGetProperty(Name, out var value) || FieldReader.IsEmpty(value) || (body.TryGetProperty("duration", out var duration) && !FieldReader.IsEmptyText(duration))) return key;
        // LiteLLM's database has them without a zone.
        return DateTimeOffset.TryParse(FieldReader.Text(Name, value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? key with { Expires = time }
            : throw AdminBody.Wrong(Name, "a time such as 2027-01-31T12:00:00Z");
    }

    private static string? OneTeam(string name, JsonElement value)
    {
        var teams = FieldReader.Texts(name, value);
        return teams.Length <= 1 ? teams.SingleOrDefault() : throw AdminBody.Wrong(name, "one team at most");
    }

    private static string? Period(string name, JsonElement value)
    {
        if (FieldReader.Text(name, value) is not { } text) return null;
        return BudgetPeriods.IsValid(text) ? text : throw AdminBody.Wrong(name, "a time such as 30s, 30m, 12h, 1d, 7d, 30d or 1mo");
    }

    private static DateTimeOffset? Duration(string name, JsonElement value, DateTimeOffset now)
    {
        if (FieldReader.Text(name, value) is not { } text || text is "-1" or "permanent") return null;
        return Durations.After(now, text) is { } end ? end : throw AdminBody.Wrong(name, "a time such as 30s, 30m, 30h, 30d, 2w or 1mo");
    }

    private static Account WithModels(Account account, string name, JsonElement value, Func<RateLimits, long?, RateLimits> set)
    {
        var limits = account.ModelLimits.ToDictionary(m => m.Model, m => set(m.Limits, null), StringComparer.Ordinal);
        foreach (var (model, number) in FieldReader.Numbers(name, value, name == "model_max_parallel_requests" ? int.MaxValue : Most))
        {
            limits[model] = set(limits.GetValueOrDefault(model, RateLimits.None), number);
        }

        return account with { ModelLimits = [.. limits.Where(l => l.Value.Any).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => new ModelLimits(l.Key, l.Value))] };
    }

    private static string Keep(string extra, string name, JsonElement value)
    {
        if (value.GetRawText().Length > LongestObject) throw AdminBody.Wrong(name, $"at most {LongestObject} characters");
        return KeptFields.With(extra, name, JsonNode.Parse(value.GetRawText()));
    }
}
