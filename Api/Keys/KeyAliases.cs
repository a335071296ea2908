using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>LiteLLM's <c>/key/aliases</c>: what keys are called, without the keys. The index knows that by itself, in another order.</summary>
internal sealed class KeyAliases(AccountStore store)
{
    private const int PageSize = 50;
    private const int LargestPage = 100;
    private const int MostKeys = 10_000;

    public async Task ListAsync(HttpContext context)
    {
        ListFilters.NeedKnown(context.Request, "search", "team_id", "page", "size");
        var paging = Paging.Of(context.Request, "size", PageSize, LargestPage);
        var part = ListFilters.Text(context.Request, "search") ?? "";
        var (entries, keys) = await AccountPages.ReadAsync(store, AccountKind.Key, new IndexQuery(TeamId: ListFilters.Text(context.Request, "team_id")), 1, MostKeys);
        if (keys > MostKeys) throw new RequestException(ApiError.BadRequest($"There are {keys} keys, and at most {MostKeys} are looked at for their aliases: /key/list shows all of them page by page.", "page", "too_many"));
        var found = entries.Select(e => e.Alias).OfType<string>().Distinct(StringComparer.Ordinal).Where(a => a.Contains(part, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("aliases");
            foreach (var alias in paging.Of(found)) json.WriteStringValue(alias);
            json.WriteEndArray();
            json.WriteNumber("total_count", found.Count);
            json.WriteNumber("current_page", paging.Page);
            json.WriteNumber("total_pages", paging.PagesOf(found.Count));
            json.WriteNumber("size", paging.Size);
            json.WriteEndObject();
        });
    }
}
