using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Ledger;

namespace OrleansLlm.Api.Spend;

/// <summary>Sums as comma-separated values (RFC 4180), with the names of the JSON.</summary>
internal static class SpendCsv
{
    public static async Task WriteAsync(HttpContext context, IEnumerable<LedgerSum> sums, LedgerGrouping by)
    {
        var text = new StringBuilder(SpendJson.NameOf(by)).Append(",spend,total_tokens,prompt_tokens,completion_tokens,api_requests,successful_requests,failed_requests\r\n");
        foreach (var s in sums)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{Quoted(s.Name)},{s.Cost},{s.PromptTokens + s.CompletionTokens},{s.PromptTokens},{s.CompletionTokens},{s.Requests},{s.Successes},{s.Requests - s.Successes}\r\n");
        }

        var body = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Users and models are named by clients, and spreadsheets take what begins like a formula for one.</summary>
    private static string Quoted(string? name)
    {
        if (name is null) return "";
        var safe = name.Length > 0 && name[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + name : name;
        return safe.AsSpan().ContainsAny(",\"\r\n'") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
