using System.Data.Common;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Ledger;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Spend;

/// <summary>
/// What the ledger knows: <c>/spend/logs</c> row by row or day by day, of a virtual key its own; <c>/global/spend/report</c> in sums, for the
/// master key.
/// </summary>
/// <param name="ledger">Null: none is kept.</param>
internal sealed class SpendEndpoints(ILedgerReader? ledger = null)
{
    private const int MostSums = 100_000;

    public async Task LogsAsync(HttpContext context)
    {
        var asked = context.Request.Query;
        var query = OwnOnly(context, SpendQuery.Read(asked));
        if (SpendQuery.ReadSummarize(asked, query))
        {
            var days = await AskAsync(l => l.SumDaysAsync(query, MostSums + 1, context.RequestAborted));
            if (days.Count > MostSums) throw new RequestException(ApiError.BadRequest("There is too much to sum up: ask for fewer days, or for one key, user or model.", "start_date"));
            await JsonAnswer.WriteAsync(context, json => SpendJson.Days(json, days, query));
            return;
        }

        var rows = await AskAsync(l => l.FindAsync(query, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, json => SpendJson.Rows(json, rows));
    }

    public async Task ReportAsync(HttpContext context)
    {
        var (query, by) = (SpendQuery.Read(context.Request.Query), SpendQuery.ReadGrouping(context.Request.Query));
        var sums = await AskAsync(l => l.SumAsync(query, by, context.RequestAborted));
        if (SpendQuery.ReadCsv(context.Request)) await SpendCsv.WriteAsync(context, sums, by);
        else await JsonAnswer.WriteAsync(context, json => SpendJson.Sums(json, sums, by));
    }

    /// <summary>A virtual key has no business with the rows of others, also not with those of its user's other keys.</summary>
    private static LedgerQuery OwnOnly(HttpContext context, LedgerQuery query)
    {
        if (Identity.Of(context).Rights?.Key is not { Id: { } own } key) return query;
        if (query.KeyHash is { } other && other != own) throw new RequestException(AccessErrors.Administrators("/spend/logs of another key"));
        // One that names its users knows them by the name that it gave them; its own user's rows have no other name beside it.
        if (key.AllowUserField && context.Request.Query["user_id"].ToString() is { Length: > 0 } field && field != key.UserId && query.UserId == LimitScopes.UserPrefix + field)
        {
            query = query with { UserId = $"{LimitScopes.EndUserPrefix}{own}:{field}" };
        }

        return query with { KeyHash = own };
    }

    private async Task<T> AskAsync<T>(Func<ILedgerReader, Task<T>> ask)
    {
        if (ledger is null) throw new RequestException(new ApiError(404, "This gateway keeps no ledger (gateway_settings.ledger.enabled).", "not_found_error", "no_ledger"));
        try
        {
            return await ask(ledger);
        }
        catch (DbException)
        {
            // Its message may name the database's address and user: that is for the log, which has it from the writer.
            throw new RequestException(new ApiError(503, "The ledger's database does not answer; requests are served and their rows wait for it.", "server_error", "ledger_unavailable")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
            });
        }
    }
}
