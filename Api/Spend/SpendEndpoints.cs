using System.Data.Common;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Ledger;

namespace OrleansLlm.Api.Spend;

/// <summary>What the ledger knows: <c>/spend/logs</c> row by row, <c>/global/spend/report</c> in sums. Both need the master key.</summary>
/// <param name="ledger">Null: none is kept.</param>
internal sealed class SpendEndpoints(ILedgerReader? ledger = null)
{
    public async Task LogsAsync(HttpContext context)
    {
        var query = SpendQuery.Read(context.Request.Query);
        var rows = await AskAsync(l => l.FindAsync(query, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, json => SpendJson.Rows(json, rows));
    }

    public async Task ReportAsync(HttpContext context)
    {
        var (query, by) = (SpendQuery.Read(context.Request.Query), SpendQuery.ReadGrouping(context.Request.Query));
        var sums = await AskAsync(l => l.SumAsync(query, by, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, json => SpendJson.Sums(json, sums, by));
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
