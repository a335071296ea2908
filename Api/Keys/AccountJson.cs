using System.Globalization;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Keys, users and teams in LiteLLM's shape. Nothing here can show a key: there is only its hash.</summary>
internal static class AccountJson
{
    public static void Write(Utf8JsonWriter json, SpentAccount shown)
    {
        json.WriteStartObject();
        WriteFields(json, shown);
        json.WriteEndObject();
    }

    /// <summary>The fields without the braces.</summary>
    public static void WriteFields(Utf8JsonWriter json, SpentAccount shown)
    {
        var account = shown.Account;
        switch (account.Kind)
        {
            case AccountKind.Key:
                json.WriteString("token", account.Id);
                json.WriteString("token_id", account.Id);
                json.WriteString("key_name", account.Mask);
                json.WriteString("key_alias", account.Alias);
                json.WriteString("user_id", account.UserId);
                json.WriteString("team_id", account.TeamId);
                WriteTime(json, "expires", account.Expires);
                json.WriteBoolean("allow_user_field", account.AllowUserField);
                break;
            case AccountKind.User:
                json.WriteString("user_id", account.Id);
                json.WriteString("user_alias", account.Alias);
                json.WriteStartArray("teams");
                if (account.TeamId is { } team) json.WriteStringValue(team);
                json.WriteEndArray();
                break;
            default:
                json.WriteString("team_id", account.Id);
                json.WriteString("team_alias", account.Alias);
                break;
        }

        json.WriteStartArray("models");
        foreach (var model in account.Models) json.WriteStringValue(model);
        json.WriteEndArray();
        WriteNumber(json, "rpm_limit", account.Limits.Requests);
        WriteNumber(json, "tpm_limit", account.Limits.Tokens);
        WriteNumber(json, "max_parallel_requests", account.Limits.Parallel);
        WriteModels(json, "model_rpm_limit", account, l => l.Requests);
        WriteModels(json, "model_tpm_limit", account, l => l.Tokens);
        WriteModels(json, "model_max_parallel_requests", account, l => l.Parallel);
        WriteNumber(json, "max_budget", account.MaxBudget);
        json.WriteString("budget_duration", account.BudgetDuration);
        WriteTime(json, "budget_reset_at", shown.ResetAt);
        WriteNumber(json, "soft_budget", account.SoftBudget);
        WriteNumber(json, "spend", shown.Spend);
        json.WriteBoolean("blocked", account.Blocked);
        WriteNumber(json, "priority", account.Priority);
        WriteNumber(json, "weight", account.Weight);
        json.WritePropertyName("metadata");
        json.WriteRawValue(account.Metadata);
        using (var extra = JsonDocument.Parse(account.Extra))
        {
            foreach (var property in extra.RootElement.EnumerateObject()) property.WriteTo(json);
        }

        WriteTime(json, "created_at", account.CreatedAt);
        json.WriteString("created_by", account.CreatedBy);
        WriteTime(json, "updated_at", account.UpdatedAt);
        json.WriteString("updated_by", account.UpdatedBy);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at) json.WriteString(name, at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void WriteModels(Utf8JsonWriter json, string name, Account account, Func<RateLimits, long?> of)
    {
        json.WriteStartObject(name);
        foreach (var model in account.ModelLimits)
        {
            if (of(model.Limits) is { } number) json.WriteNumber(model.Model, number);
        }

        json.WriteEndObject();
    }
}
