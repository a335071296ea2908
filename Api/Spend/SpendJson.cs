using System.Globalization;
using System.Text.Json;
using OrleansLlm.Ledger;

namespace OrleansLlm.Api.Spend;

/// <summary>Rows and sums under LiteLLM's names, and what it has no name for under the ledger's own.</summary>
internal static class SpendJson
{
    private const string DayFormat = "yyyy-MM-dd";
    private const int MostEmptyDays = 366;

    public static void Rows(Utf8JsonWriter json, IEnumerable<LedgerRow> rows)
    {
        json.WriteStartArray();
        foreach (var row in rows) Row(json, row);
        json.WriteEndArray();
    }

    /// <summary>What a sum is of.</summary>
    public static string NameOf(LedgerGrouping by) => by switch
    {
        LedgerGrouping.Day => "date",
        LedgerGrouping.Key => "api_key",
        LedgerGrouping.User => "user",
        LedgerGrouping.Team => "team_id",
        _ => "model",
    };

    /// <summary>
    /// LiteLLM's summary: an object a day with its spend, and the shares of users, models and keys, these by their hash. After the last day
    /// on which anything was spent, the rest of the days that were asked for.
    /// </summary>
    public static void Days(Utf8JsonWriter json, IReadOnlyList<LedgerDay> sums, LedgerQuery query)
    {
        json.WriteStartArray();
        foreach (var day in sums.GroupBy(s => s.Day)) Day(json, day.Key, [.. day]);
        if (sums.Count > 0 && query.Until is { } until)
        {
            var rest = DateOnly.ParseExact(sums[^1].Day, DayFormat, CultureInfo.InvariantCulture);
            for (var more = MostEmptyDays; more > 0 && (rest = rest.AddDays(1)).ToDateTime(TimeOnly.MinValue) < until.UtcDateTime; more--)
            {
                Day(json, rest.ToString(DayFormat, CultureInfo.InvariantCulture), []);
            }
        }

        json.WriteEndArray();
    }

    public static void Sums(Utf8JsonWriter json, IEnumerable<LedgerSum> sums, LedgerGrouping by)
    {
        var name = NameOf(by);
        json.WriteStartArray();
        foreach (var sum in sums)
        {
            json.WriteStartObject();
            json.WriteString(name, sum.Name);
            json.WriteNumber("spend", sum.Cost);
            json.WriteNumber("total_tokens", sum.PromptTokens + sum.CompletionTokens);
            json.WriteNumber("prompt_tokens", sum.PromptTokens);
            json.WriteNumber("completion_tokens", sum.CompletionTokens);
            json.WriteNumber("api_requests", sum.Requests);
            json.WriteNumber("successful_requests", sum.Successes);
            json.WriteNumber("failed_requests", sum.Failed);
            json.WriteNumber("cancelled_requests", sum.Cancelled);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Day(Utf8JsonWriter json, string day, List<LedgerDay> sums)
    {
        json.WriteStartObject();
        json.WriteString("startTime", day);
        json.WriteNumber("spend", sums.Sum(s => s.Cost));
        foreach (var key in sums.Where(s => s.KeyHash is not null).GroupBy(s => s.KeyHash!)) json.WriteNumber(key.Key, key.Sum(s => s.Cost));
        Shares("users", s => RowUser.UserOf(s.UserId) ?? s.UserId);
        Shares("models", s => s.Model);
        json.WriteEndObject();

        void Shares(string name, Func<LedgerDay, string> of)
        {
            json.WriteStartObject(name);
            foreach (var share in sums.GroupBy(of)) json.WriteNumber(share.Key, share.Sum(s => s.Cost));
            json.WriteEndObject();
        }
    }

    private static void Row(Utf8JsonWriter json, LedgerRow row)
    {
        json.WriteStartObject();
        json.WriteString("request_id", row.RequestId);
        json.WriteString("call_type", "acompletion");
        json.WriteString("api_key", row.KeyHash ?? "");
        json.WriteString("key_alias", row.KeyAlias);
        json.WriteString("user", RowUser.UserOf(row.UserId) ?? "");
        json.WriteString("end_user", RowUser.EndUserOf(row.UserId) ?? "");
        json.WriteString("scope", row.UserId);
        json.WriteString("team_id", row.TeamId);
        json.WriteString("model", row.Model);
        json.WriteString("model_group", row.ModelGroup);
        json.WriteString("model_id", row.DeploymentId);
        json.WriteString("upstream_model", row.UpstreamModel);
        json.WriteString("api_base", row.Backend);
        if (row.Cost is { } cost) json.WriteNumber("spend", cost);
        else json.WriteNull("spend");
        json.WriteNumber("total_tokens", row.PromptTokens + row.CompletionTokens);
        json.WriteNumber("prompt_tokens", row.PromptTokens);
        json.WriteNumber("completion_tokens", row.CompletionTokens);
        json.WriteBoolean("estimated", row.Estimated);
        json.WriteString("startTime", Text(row.Time));
        if (row.FirstTokenMs is { } first) json.WriteNumber("first_token_ms", first);
        else json.WriteNull("first_token_ms");
        json.WriteString("endTime", Text(row.Time.AddMilliseconds(row.LatencyMs)));
        json.WriteNumber("request_duration_ms", row.LatencyMs);
        json.WriteNumber("queue_ms", row.QueueMs);
        json.WriteString("status", row.Status);
        json.WriteString("cache_hit", row.CacheHit ? "True" : "False");
        json.WriteNumber("retries", row.Retries);
        json.WriteNumber("fallbacks", row.Fallbacks);
        json.WriteBoolean("stream", row.Stream);
        json.WriteEndObject();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
