using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary><c>/key/*</c> as LiteLLM's. A key is in an answer once, when it is made; where one is asked about, its hash does as well.</summary>
internal sealed class KeyEndpoints(AccountStore store, NewAccounts accounts, SortedKeys sorted, SpendReader spend, ICatalog catalog, TimeProvider time)
{
    private const string Generate = "key.generate";
    private const string Regenerate = "key.regenerate";

    private const int PageSize = 10;
    private const int LargestPage = 100;
    private const int LongestSearch = 200;

    /// <summary>Of the list. The last of LiteLLM's changes what is shown of a key, and not which keys.</summary>
    private static readonly string[] KnownFilters = ["user_id", "team_id", "key_alias", "key_hash", "search", "sort_by", "return_full_object", "page", "size", "sort_order", "expand"];

    /// <summary>These let in besides the user's keys those of its teams, and change nothing where everybody's are asked for.</summary>
    private static readonly string[] Widening = ["include_team_keys", "include_created_by_keys"];

    private readonly ConcurrentDictionary<string, bool> _regenerated = new(StringComparer.Ordinal);

    public async Task GenerateAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        UnknownFields.Tell(context, AccountKind.Key, body);
        var wanted = AccountFields.Apply(Blank(), body, time.GetUtcNow());
        if (KnownKey.Of(body, wanted, catalog.Current.Settings.MasterKeyHash is { } master ? master.AsSpan() : default) is { } known)
        {
            await NeedTeamAsync(known.TeamId);
            await AnswerAsync(context, await accounts.CreateAsync(context, Generate, known, body));
            return;
        }

        var (key, account) = await StoreAsync(context, Generate, wanted, AdminBody.Text(body, "key"), "key", body);
        await AnswerNewAsync(context, key, account);
    }

    /// <param name="account">What the new key may.</param>
    /// <returns>The key, a random one.</returns>
    public async Task<string> MakeAsync(HttpContext context, Account account) => (await StoreAsync(context, Generate, account, null, "key", default)).Key;

    /// <summary>With a virtual key only about itself.</summary>
    public async Task InfoAsync(HttpContext context)
    {
        var asked = context.Request.Query["key"].ToString();
        var own = Identity.Of(context).Rights?.Key.Id;
        var hash = asked.Length == 0 ? own ?? throw new RequestException(ApiError.BadRequest("key is missing.", "key", "missing_required_parameter")) : HashOf(asked);
        if (own is not null && own != hash) throw new RequestException(AccessErrors.Administrators("/key/info of another key"));
        var account = await spend.ReadWithLedgerAsync(await store.NeedAsync(AccountKind.Key, hash), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("key", hash);
            json.WritePropertyName("info");
            AccountJson.Write(json, account);
            json.WriteEndObject();
        });
    }

    public async Task UpdateAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        UnknownFields.Tell(context, AccountKind.Key, body);
        var now = time.GetUtcNow();
        await NeedTeamAsync(AccountFields.Apply(Blank(), body, now).TeamId);
        var spent = AccountFields.Spend(body);
        var account = await store.ChangeAsync(context, "key.update", AccountKind.Key, HashOf(AdminBody.Needed(body, "key")), a => WithBudget(AccountFields.Apply(a, body, now)));
        if (spent is { } to) await spend.ResetAsync(account, to);
        await AnswerAsync(context, account);

        Account WithBudget(Account changed) => spent is null ? changed : spend.NeedBudget(changed);
    }

    /// <summary>LiteLLM's <c>/key/{key}/reset_spend</c>, with <c>reset_to</c>.</summary>
    public async Task ResetSpendAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var to = body.TryGetProperty("reset_to", out var value) ? AccountFields.Dollars("reset_to", value) ?? 0 : 0;
        // Changed in nothing, and so written down as a change.
        var account = await store.ChangeAsync(context, "key.reset_spend", AccountKind.Key, HashOf((string)context.Request.RouteValues["key"]!), spend.NeedBudget);
        await spend.ResetAsync(account, to);
        await AnswerAsync(context, account);
    }

    public Task BlockAsync(HttpContext context) => SetBlockedAsync(context, "key.block", blocked: true);

    public Task UnblockAsync(HttpContext context) => SetBlockedAsync(context, "key.unblock", blocked: false);

    public async Task DeleteAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var hashes = Texts(body, "keys").Select(HashOf).ToList();
        foreach (var alias in Texts(body, "key_aliases")) hashes.AddRange(await store.KeysOfAsync(new IndexQuery(Alias: alias)));
        if (hashes.Count == 0) throw new RequestException(ApiError.BadRequest("keys or key_aliases is missing, or no key has such an alias.", "keys", "missing_required_parameter"));
        var deleted = new List<string>();
        foreach (var hash in hashes.Distinct())
        {
            if (await store.DeleteAsync(context, "key.delete", AccountKind.Key, hash)) deleted.Add(hash);
        }

        if (deleted.Count == 0) throw AccountStore.NotFound(AccountKind.Key, "");
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("deleted_keys");
            foreach (var hash in deleted) json.WriteStringValue(hash);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>The same rights under a new key; the old one goes when the new one is there. What it has spent of its budget comes along, its counts of the minute do not.</summary>
    public async Task RegenerateAsync(HttpContext context)
    {
        var body = AdminBody.IsThere(context) ? await AdminBody.ReadAsync(context) : default;
        var named = HashOf(context.Request.RouteValues["key"] as string ?? (body.ValueKind == JsonValueKind.Object ? AdminBody.Needed(body, "key") : ""));
        // A client's repeat must not make a second key of it.
        if (!_regenerated.TryAdd(named, true)) throw AccountStore.ChangedMeanwhile(AccountKind.Key);
        try
        {
            await RegenerateAsync(context, named, body);
        }
        finally
        {
            _regenerated.TryRemove(named, out _);
        }
    }

    private async Task RegenerateAsync(HttpContext context, string hash, JsonElement body)
    {
        var hasBody = body.ValueKind == JsonValueKind.Object;
        if (hasBody) UnknownFields.Tell(context, AccountKind.Key, body);
        var old = await store.NeedAsync(AccountKind.Key, hash);
        var next = old with { Version = 0 };
        if (hasBody) next = AccountFields.Apply(next, body, time.GetUtcNow());
        // Of two who do so through different front ends one is told, and so is who comes too late for what somebody else has changed meanwhile.
        var claimed = await store.ChangeAsync(context, Regenerate, AccountKind.Key, old.Id, now => now.Version == old.Version ? now : throw AccountStore.ChangedMeanwhile(AccountKind.Key));
        var (key, account, isAlone) = await ReplaceAsync(context, claimed, next, hasBody ? AdminBody.Text(body, "new_key") : null);
        await AnswerNewAsync(context, key, next.Blocked || !isAlone ? account : await LetInAsync(context, account));
    }

    /// <summary>Makes the new one, and deletes the old one if that is still as it was claimed. Never are there two that let somebody in.</summary>
    /// <returns>With whether the old one is known to be gone.</returns>
    private async Task<(string Key, Account Account, bool IsAlone)> ReplaceAsync(HttpContext context, Account claimed, Account next, string? wanted)
    {
        // Before there is a new one: where nobody can say what was spent, everything stays as it is.
        var spent = await spend.OfKeyAsync(claimed);
        var (key, account) = await StoreAsync(context, Regenerate, next with { Blocked = true }, wanted, "new_key", default);
        try
        {
            await spend.CarryAsync(spent, claimed, account);
        }
        catch
        {
            await UndoAsync(context, claimed, account);
            throw;
        }

        try
        {
            if (await store.DeleteUnchangedAsync(context, Regenerate, claimed)) return (key, account, true);
        }
        catch (RequestException)
        {
            // Half way, or not at all: then who asks has the new key at least.
            if (await IsThereAsync(claimed.Id) is not true and var isThere) return (key, account, isThere is false);
            await UndoAsync(context, claimed, account);
            throw;
        }

        await UndoAsync(context, claimed, account);
        throw AccountStore.ChangedMeanwhile(AccountKind.Key);
    }

    /// <returns>Null: nobody can say.</returns>
    private async Task<bool?> IsThereAsync(string hash)
    {
        try
        {
            return await store.GetAsync(AccountKind.Key, hash) is not null;
        }
        catch (RequestException)
        {
            return null;
        }
    }

    private async Task UndoAsync(HttpContext context, Account claimed, Account made)
    {
        try
        {
            await spend.TakeBackAsync(claimed, made);
        }
        finally
        {
            await store.DeleteAsync(context, Regenerate, AccountKind.Key, made.Id);
        }
    }

    private async Task<Account> LetInAsync(HttpContext context, Account account)
    {
        try
        {
            return await store.ChangeAsync(
                context, Regenerate, AccountKind.Key, account.Id, a => a.Version == account.Version ? a with { Blocked = false } : throw AccountStore.ChangedMeanwhile(AccountKind.Key));
        }
        catch (RequestException e) when (e.Error.Status != 404)
        {
            // The answer says that it is blocked, by somebody else or still: nobody is helped by not being told it, for the old one is gone.
            return account;
        }
    }

    public async Task ListAsync(HttpContext context)
    {
        var request = context.Request;
        ListFilters.NeedKnown(request, ListFilters.Text(request, "user_id") is null ? [.. KnownFilters, .. Widening] : KnownFilters);
        var paging = Paging.Of(request, "size", PageSize, LargestPage);
        var hash = ListFilters.Text(request, "key_hash");
        var query = new IndexQuery(hash is null ? null : HashOf(hash), ListFilters.Text(request, "key_alias"), ListFilters.Text(request, "user_id"), ListFilters.Text(request, "team_id"));
        var search = ListFilters.Text(request, "search")?.Trim();
        if (search is { Length: > LongestSearch }) throw AdminBody.Wrong("search", $"at most {LongestSearch} characters");
        var order = KeyOrder.Of(request);
        var looked = search is { Length: > 0 } || order.IsSorted;
        var (entries, total, isSorted) = looked ? await sorted.ReadAsync(query, search is "" ? null : search, order, paging) : await InTheirOrderAsync(query, paging);
        var whole = ListFilters.Text(request, "return_full_object") is "true" or "True" ? await spend.ReadAsync(await store.GetAllAsync(AccountKind.Key, entries)) : null;
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            if (whole is null) entries.ForEach(e => json.WriteStringValue(e.Id));
            else whole.ForEach(a => AccountJson.Write(json, a));
            json.WriteEndArray();
            json.WriteNumber("total_count", total);
            json.WriteNumber("current_page", paging.Page);
            json.WriteNumber("total_pages", paging.PagesOf(total));
            if (looked) json.WriteBoolean("sorted", isSorted);
            json.WriteEndObject();
        });
    }

    private async Task<(List<IndexEntry> Entries, int Total, bool Sorted)> InTheirOrderAsync(IndexQuery query, Paging paging)
    {
        var (entries, total) = await AccountPages.ReadAsync(store, AccountKind.Key, query, paging.Page, paging.Size);
        return (entries, total, false);
    }

    private static Account Blank() => new() { Kind = AccountKind.Key, Id = "" };

    /// <param name="body">What it has spent already; default: nothing.</param>
    private async Task<(string Key, Account Account)> StoreAsync(HttpContext context, string action, Account account, string? wish, string field, JsonElement body)
    {
        var key = NewKey.Make(wish, field);
        if (catalog.Current.Settings.MasterKeyHash is { } master && KeyHash.Is(key, master.AsSpan())) throw AdminBody.Wrong(field, "another key than the master key");
        await NeedTeamAsync(account.TeamId);
        return (key, await accounts.CreateAsync(context, action, account with { Id = KeyHash.Of(key), Mask = KeyHash.Mask(key) }, body));
    }

    /// <summary>A key of a team that does not exist would let nobody in.</summary>
    private async Task NeedTeamAsync(string? team)
    {
        if (team is not null) await store.NeedAsync(AccountKind.Team, team);
    }

    private async Task SetBlockedAsync(HttpContext context, string action, bool blocked)
    {
        var body = await AdminBody.ReadAsync(context);
        await AnswerAsync(context, await store.ChangeAsync(context, action, AccountKind.Key, HashOf(AdminBody.Needed(body, "key")), a => a with { Blocked = blocked }));
    }

    private Task AnswerAsync(HttpContext context, Account account) => AnswerAsync(context, account.Id, account);

    /// <summary>Where nobody counts what it spends, it has spent nothing yet.</summary>
    private async Task AnswerNewAsync(HttpContext context, string key, Account account)
    {
        var shown = await spend.ReadAsync(account);
        await AnswerAsync(context, key, spend.HasBudget(account) ? shown : shown with { Spend = 0 });
    }

    private async Task AnswerAsync(HttpContext context, string key, Account account) => await AnswerAsync(context, key, await spend.ReadAsync(account));

    private static async Task AnswerAsync(HttpContext context, string key, SpentAccount shown)
    {
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            AccountJson.WriteFields(json, shown);
            json.WriteEndObject();
        });
    }

    /// <summary>Keys may be named by themselves or by their hash.</summary>
    private static string HashOf(string named) => KeyHash.IsHash(named) ? named : KeyHash.Of(named);

    private static IEnumerable<string> Texts(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? FieldReader.Texts(name, value) : [];
}
