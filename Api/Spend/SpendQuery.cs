using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Ledger;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Spend;

/// <summary>The query parameters of the spend routes, LiteLLM's and <c>model</c>, <c>team_id</c> and <c>limit</c>.</summary>
internal static class SpendQuery
{
    private const int MostRows = 10_000;
    private const int HashDigits = 64;

    private static readonly string[] Prefixes = [LimitScopes.UserPrefix, LimitScopes.KeyPrefix, LimitScopes.EndUserPrefix];

    public static LedgerQuery Read(IQueryCollection query) => new()
    {
        RequestId = Text(query, "request_id"),
        KeyHash = Text(query, "api_key") is { } key ? HashOf(key) : null,
        UserId = Text(query, "user_id") is { } user ? UserOf(user) : null,
        TeamId = Text(query, "team_id"),
        Model = Text(query, "model"),
        From = Moment(query, "start_date"),
        Until = Moment(query, "end_date", end: true),
        Most = Limit(query),
    };

    /// <summary>Default: by day.</summary>
    public static LedgerGrouping ReadGrouping(IQueryCollection query) => Text(query, "group_by") switch
    {
        null or "day" => LedgerGrouping.Day,
        "api_key" or "key" => LedgerGrouping.Key,
        "user" or "customer" => LedgerGrouping.User,
        "team" => LedgerGrouping.Team,
        "model" => LedgerGrouping.Model,
        _ => throw Wrong("group_by", "day, key, user, team or model"),
    };

    /// <summary>LiteLLM's: with a first and a last day the days are summed up, unless <c>summarize=false</c>.</summary>
    public static bool ReadSummarize(IQueryCollection query, LedgerQuery read) => Text(query, "summarize") switch
    {
        null => read is { From: not null, Until: not null },
        "true" or "True" => read is { From: not null, Until: not null } ? true : throw Wrong("summarize", "start_date and end_date with it"),
        "false" or "False" => false,
        _ => throw Wrong("summarize", "true or false"),
    };

    /// <summary>Asked for by <c>format=csv</c> or the header <c>Accept: text/csv</c>.</summary>
    public static bool ReadCsv(HttpRequest request) => Text(request.Query, "format") switch
    {
        null => request.Headers.Accept.ToString().Contains("text/csv", StringComparison.OrdinalIgnoreCase),
        "csv" => true,
        "json" => false,
        _ => throw Wrong("format", "json or csv"),
    };

    private static string? Text(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>A key, or what a row shows of it.</summary>
    private static string HashOf(string key) => key.Length == HashDigits && key.All(char.IsAsciiHexDigitLower) ? key : KeyHash.Of(key);

    /// <summary>A <c>user</c> field, or what a row shows of a caller.</summary>
    private static string UserOf(string user) => user == "anonymous" || Prefixes.Any(p => user.StartsWith(p, StringComparison.Ordinal)) ? user : LimitScopes.UserPrefix + user;

    /// <summary>A UTC day, of which an end has all, or a moment.</summary>
    private static DateTimeOffset? Moment(IQueryCollection query, string name, bool end = false)
    {
        if (Text(query, name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue)
        {
            return new DateTimeOffset(day.AddDays(end ? 1 : 0), TimeOnly.MinValue, TimeSpan.Zero);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : throw Wrong(name, "a date like 2026-01-31");
    }

    private static int Limit(IQueryCollection query)
    {
        if (Text(query, "limit") is not { } text) return new LedgerQuery().Most;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= MostRows ? most : throw Wrong("limit", $"a number from 1 to {MostRows}");
    }

    private static RequestException Wrong(string name, string expected) => new(ApiError.BadRequest($"'{name}' is wrong: expected {expected}.", name));
}
