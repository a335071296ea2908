using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Live;
using OrleansLlm.Ledger;

namespace OrleansLlm.Api.Usage;

/// <summary>
/// <c>GET /ui/api/usage</c>: requests, tokens, cost and latency <c>by</c> day, model, key, user or team; <c>days</c> back from today (UTC), and with
/// <c>format=csv</c> as a file. With a virtual key one's own only.
/// </summary>
/// <param name="ledger">Null: none is kept.</param>
internal sealed class UsageEndpoints(KeyNames names, LiveJson live, LedgerReach reach, NodeName node, TimeProvider time, ILedgerReader? ledger = null)
{
    private const int MostDays = 366;
    private const int MostSums = 500;

    public async Task GetAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var by = Grouping(query["by"].ToString());
        var days = int.TryParse(query["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, MostDays) : 30;
        var today = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var from = today.AddDays(1 - days);
        var sums = await SumAsync(
            new LedgerQuery { KeyHash = new Sight(Identity.Of(context)).OnlyKey, From = from, Most = by == LedgerGrouping.Day ? MostDays : MostSums }, by, context.RequestAborted);
        if (by == LedgerGrouping.Key) await names.LearnAsync(sums.Select(s => s.Name), context.RequestAborted);
        if (query["format"] == "csv") await CsvAsync(context, sums, by);
        else await JsonAnswer.WriteAsync(context, json => Write(json, sums, by, from, days));
    }

    private async Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken)
    {
        if (ledger is null) throw new RequestException(new ApiError(404, "This gateway keeps no ledger (gateway_settings.ledger.enabled).", "not_found_error", "no_ledger"));
        try
        {
            return await ledger.SumAsync(query, by, cancellationToken);
        }
        catch (DbException)
        {
            throw new RequestException(new ApiError(503, "The ledger's database does not answer; requests are served and their rows wait for it.", "server_error", "ledger_unavailable"));
        }
    }

    private void Write(Utf8JsonWriter json, IReadOnlyList<LedgerSum> sums, LedgerGrouping by, DateTimeOffset from, int days)
    {
        json.WriteStartObject();
        json.WriteString("from", Day(from));
        json.WriteNumber("days", days);
        if (reach.IsOfThisNodeAlone()) json.WriteString("only_of_node", node.Value);
        json.WriteStartArray("data");
        foreach (var sum in sums)
        {
            json.WriteStartObject();
            json.WriteString("name", NameOf(sum, by));
            json.WriteNumber("requests", sum.Requests);
            json.WriteNumber("failed", sum.Failed);
            json.WriteNumber("cancelled", sum.Cancelled);
            json.WriteNumber("prompt_tokens", sum.PromptTokens);
            json.WriteNumber("completion_tokens", sum.CompletionTokens);
            json.WriteNumber("cost", sum.Cost);
            if (sum.MeanLatencyMs is { } latency) json.WriteNumber("latency_ms", Math.Round(latency, 1));
            if (sum.MeanFirstTokenMs is { } first) json.WriteNumber("first_token_ms", Math.Round(first, 1));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task CsvAsync(HttpContext context, IReadOnlyList<LedgerSum> sums, LedgerGrouping by)
    {
        var word = by.ToString().ToLowerInvariant();
        var csv = new StringBuilder(word).Append(",requests,failed,prompt_tokens,completion_tokens,cost_usd,mean_latency_ms,mean_first_token_ms,cancelled\r\n");
        foreach (var sum in sums)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{CsvText.Of(NameOf(sum, by))},{sum.Requests},{sum.Failed},{sum.PromptTokens},{sum.CompletionTokens},");
            csv.Append(CultureInfo.InvariantCulture, $"{sum.Cost:0.########},{sum.MeanLatencyMs:0.#},{sum.MeanFirstTokenMs:0.#},{sum.Cancelled}\r\n");
        }

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"usage-by-{word}.csv\"";
        await context.Response.WriteAsync(csv.ToString(), context.RequestAborted);
    }

    private string NameOf(LedgerSum sum, LedgerGrouping by) => by switch
    {
        LedgerGrouping.Key => names.Of(sum.Name),
        LedgerGrouping.User => sum.Name is { } user ? live.Person(user) : "nobody",
        _ => sum.Name ?? "none",
    };

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static LedgerGrouping Grouping(string by) => by switch
    {
        "" or "day" => LedgerGrouping.Day,
        "model" => LedgerGrouping.Model,
        "key" => LedgerGrouping.Key,
        "user" => LedgerGrouping.User,
        "team" => LedgerGrouping.Team,
        _ => throw new RequestException(ApiError.BadRequest("'by' is wrong: expected day, model, key, user or team.", "by")),
    };
}
