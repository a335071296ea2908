using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Usage;
using OrleansLlm.Ledger;

namespace OrleansLlm.Api.Spend;

/// <summary>Sums as comma-separated values (RFC 4180), with the names of the JSON.</summary>
internal static class SpendCsv
{
    public static async Task WriteAsync(HttpContext context, IEnumerable<LedgerSum> sums, LedgerGrouping by)
    {
        var text = new StringBuilder(SpendJson.NameOf(by)).Append(",spend,total_tokens,prompt_tokens,completion_tokens,api_requests,successful_requests,failed_requests,cancelled_requests\r\n");
        foreach (var s in sums)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{CsvText.Of(s.Name ?? "")},{s.Cost},{s.PromptTokens + s.CompletionTokens},{s.PromptTokens},{s.CompletionTokens},{s.Requests},{s.Successes},{s.Failed},{s.Cancelled}\r\n");
        }

        var body = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
