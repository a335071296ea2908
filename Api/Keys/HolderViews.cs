using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>The views of users and teams as LiteLLM's: one of them with all that is its own, and lists.</summary>
internal sealed class HolderViews(AccountStore store, HolderSearch search, TeamReader teams, SpendReader spend)
{
    private const int PageSize = 25;
    private const int LargestPage = 100;
    private const int KeysShown = 100;

    /// <summary>In one answer without pages.</summary>
    private const int MostTeams = 1_000;
    private const int MostKeys = 1_000;

    /// <summary>One user with its keys and its team; without a name all keys and teams, as LiteLLM answers its administrator.</summary>
    public async Task UserAsync(HttpContext context)
    {
        var id = AskedUser(context.Request);
        var user = id is null ? null : await spend.ReadWithLedgerAsync(await store.NeedAsync(AccountKind.User, id), context.RequestAborted);
        var (entries, total) = await AccountPages.ReadAsync(store, AccountKind.Key, new IndexQuery(UserId: id), 1, id is null ? MostKeys : KeysShown);
        if (id is null && total > MostKeys) throw TooMany(total);
        var held = await spend.ReadAsync(await store.GetAllAsync(AccountKind.Key, entries));
        var its = await teams.ReadAsync(await spend.ReadAsync(await TeamsOfAsync(user?.Account)));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("user_id", id);
            json.WritePropertyName("user_info");
            if (user is null) json.WriteNullValue();
            else AccountJson.Write(json, user);
            json.WriteStartArray("keys");
            held.ForEach(k => AccountJson.Write(json, k));
            json.WriteEndArray();
            json.WriteNumber("total_keys", total);
            json.WriteStartArray("teams");
            its.ForEach(t => TeamJson.Write(json, t));
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task TeamAsync(HttpContext context)
    {
        var id = Needed(context.Request);
        var team = await spend.ReadWithLedgerAsync(await store.NeedAsync(AccountKind.Team, id), context.RequestAborted);
        var shown = (await teams.ReadAsync([team]))[0];
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("team_id", id);
            json.WriteStartObject("team_info");
            TeamJson.WriteFields(json, shown);
            json.WriteEndObject();
            TeamJson.WriteKeys(json, shown);
            TeamJson.WriteMemberships(json, shown);
            json.WriteEndObject();
        });
    }

    public async Task UsersAsync(HttpContext context)
    {
        var (filter, paging) = (HolderFilter.OfUsers(context.Request), PagingOf(context.Request));
        var (accounts, total) = await search.PageAsync(HolderKind.User, filter, paging);
        var shown = await spend.ReadAsync(accounts);
        var keys = await Task.WhenAll(accounts.Select(a => AccountPages.ReadAsync(store, AccountKind.Key, HolderKind.User.Whose(a.Id), 1, 0)));
        await AnswerPageAsync(context, HolderKind.User, paging, total, json =>
        {
            foreach (var (user, (_, count)) in shown.Zip(keys))
            {
                json.WriteStartObject();
                AccountJson.WriteFields(json, user);
                json.WriteNumber("key_count", count);
                json.WriteEndObject();
            }
        });
    }

    /// <summary>LiteLLM's bare list, and its second version's object where a page is asked for.</summary>
    public Task TeamsAsync(HttpContext context) =>
        ListFilters.Text(context.Request, "page") is null && ListFilters.Text(context.Request, "page_size") is null ? AllTeamsAsync(context) : TeamPageAsync(context);

    public async Task TeamPageAsync(HttpContext context)
    {
        var (filter, paging) = (HolderFilter.OfTeams(context.Request), PagingOf(context.Request));
        var (accounts, total) = await search.PageAsync(HolderKind.Team, filter, paging);
        var shown = await teams.ReadAsync(await spend.ReadAsync(accounts));
        await AnswerPageAsync(context, HolderKind.Team, paging, total, json => shown.ForEach(t => TeamJson.Write(json, t)));
    }

    private async Task AllTeamsAsync(HttpContext context)
    {
        var filter = HolderFilter.OfTeams(context.Request);
        var found = await search.AllAsync(HolderKind.Team, filter, MostTeams);
        if (filter.Order is null) found.Sort(AccountOrder.ByAlias);
        var shown = await teams.ReadAsync(await spend.ReadAsync(found));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartArray();
            shown.ForEach(t => TeamJson.Write(json, t));
            json.WriteEndArray();
        });
    }

    private static Task AnswerPageAsync(HttpContext context, HolderKind kind, Paging paging, int total, Action<Utf8JsonWriter> items) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray($"{kind.Name}s");
        items(json);
        json.WriteEndArray();
        json.WriteNumber("total", total);
        json.WriteNumber("page", paging.Page);
        json.WriteNumber("page_size", paging.Size);
        json.WriteNumber("total_pages", paging.PagesOf(total));
        json.WriteEndObject();
    });

    private static Paging PagingOf(HttpRequest request) => Paging.Of(request, "page_size", PageSize, LargestPage);

    /// <param name="user">Null: all.</param>
    private async Task<List<Account>> TeamsOfAsync(Account? user)
    {
        if (user is not null) return await store.GetAllAsync(AccountKind.Team, user.TeamId is { } team ? [team] : (string[])[]);
        var all = await search.AllAsync(HolderKind.Team, new HolderFilter { Reason = "user_id" }, MostTeams);
        all.Sort(AccountOrder.ByAlias);
        return all;
    }

    /// <summary>Null: everybody, which only a bare question asks for: a name that got lost on the way must not find all.</summary>
    private static string? AskedUser(HttpRequest request)
    {
        ListFilters.NeedKnown(request, "user_id");
        if (ListFilters.Text(request, "user_id") is { } id) return id;
        return request.Query.Count == 0 ? null : throw new RequestException(ApiError.BadRequest("user_id is empty: say whose, or nothing at all for everybody's.", "user_id", "missing_required_parameter"));
    }

    private static RequestException TooMany(int keys) => new(ApiError.BadRequest(
        $"user_id: without it this shows all keys, and there are {keys}, more than the {MostKeys} of one answer. /key/list and /v2/team/list show them page by page.", "user_id", "too_many"));

    private static string Needed(HttpRequest request) => ListFilters.Text(request, "team_id")
        ?? throw new RequestException(ApiError.BadRequest("team_id is missing.", "team_id", "missing_required_parameter"));
}
