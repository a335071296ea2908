using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Audit;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Changes of keys, users and teams: asks the grain that owns each, writes every change down, and forgets what this front end knew.</summary>
internal sealed class AccountStore(IGrainFactory grains, AccountCache cache, AccountListing listing, IAuditLog audit, ICatalog catalog)
{
    /// <summary>A change whose outcome is unknown is asked for again, and one that somebody else came before is made anew: so often.</summary>
    private const int Tries = 5;

    private const int AtOnce = 32;

    public Task<Account?> GetAsync(AccountKind kind, string id) => AskAsync(() => Grain(kind, id).GetAsync());

    public async Task<Account> NeedAsync(AccountKind kind, string id) => await GetAsync(kind, id) ?? throw NotFound(kind, id);

    /// <summary>Without those that are not there; an entry that a crash has left has no account.</summary>
    public async Task<List<Account>> GetAllAsync(AccountKind kind, IReadOnlyList<string> ids)
    {
        var found = new Account?[ids.Count];
        await Parallel.ForAsync(0, ids.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => found[i] = await GetAsync(kind, ids[i]));
        return [.. found.OfType<Account>()];
    }

    public Task<List<Account>> GetAllAsync(AccountKind kind, IReadOnlyList<IndexEntry> entries) => GetAllAsync(kind, [.. entries.Select(e => e.Id)]);

    public async Task<Account> CreateAsync(HttpContext context, string action, Account account) =>
        await TryCreateAsync(context, action, account) ?? throw Refusal(new AccountRefused(AccountRefusal.Exists), account.Kind, account.Id);

    /// <returns>Null: there is one of this name.</returns>
    /// <param name="detail">As of a change.</param>
    public async Task<Account?> TryCreateAsync(HttpContext context, string action, Account account, string? detail = null)
    {
        var made = account with { UpdatedBy = Administrator.NameOf(context) };
        var answer = await WriteAsync(context, action, WriteOf(context, made, 0), detail);
        return answer switch
        {
            AccountDone done => done.Account,
            AccountRefused { Why: AccountRefusal.Exists } => null,
            _ => throw Refusal(answer, account.Kind, account.Id),
        };
    }

    /// <param name="edit">May be asked several times.</param>
    /// <param name="detail">What the audit log says beside the name, for instance which team it is about; null: nothing.</param>
    public async Task<Account> ChangeAsync(HttpContext context, string action, AccountKind kind, string id, Func<Account, Account> edit, string? detail = null)
    {
        for (var left = Tries; ; left--)
        {
            var stored = await NeedAsync(kind, id);
            var next = edit(stored) with { UpdatedBy = Administrator.NameOf(context) };
            var answer = await WriteAsync(context, action, WriteOf(context, next, stored.Version), detail);
            if (answer is AccountDone done) return done.Account;
            if (answer is not AccountRefused { Why: AccountRefusal.Changed } || left == 1) throw Refusal(answer, kind, id);
        }
    }

    /// <param name="forgets">Whether what it has counted goes as well; not with one that has hardly been made, when it may have been a user before that requests name.</param>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> DeleteAsync(HttpContext context, string action, AccountKind kind, string id, string? detail = null, bool forgets = true)
    {
        var answer = await MadeAsync(context, action, Target(id, detail), () => Grain(kind, id).DeleteAsync());
        Forget(kind, id);
        // What it has counted must not be the next one's of that name; also where the answer to an earlier try was lost. A user that nobody has made may be one that requests name.
        var deleted = (answer as AccountDone)?.Account ?? (kind == AccountKind.User ? null : new Account { Kind = kind, Id = id });
        if (deleted is not null && forgets) await AskAsync(() => ForgetCountsAsync(deleted));
        return answer is AccountDone;
    }

    /// <summary>If nobody has changed it since it was read.</summary>
    /// <returns>Whether that deleted it.</returns>
    public async Task<bool> DeleteUnchangedAsync(HttpContext context, string action, Account account)
    {
        var lost = false;
        try
        {
            if (await MadeAsync(context, action, account.Id, DeleteAsync) is not AccountDone) return false;
        }
        finally
        {
            Forget(account.Kind, account.Id);
        }

        try
        {
            await AskAsync(() => ForgetCountsAsync(account));
        }
        catch (RequestException)
        {
            // It goes when it was not used for long.
        }

        return true;

        async Task<AccountAnswer> DeleteAsync()
        {
            try
            {
                var told = await Grain(account.Kind, account.Id).DeleteAtAsync(account.Version);
                // Where an answer was lost, it was that it is gone.
                return lost && told is AccountRefused { Why: AccountRefusal.NotFound } ? new AccountDone(account) : told;
            }
            catch (Exception e) when (LostContact.IsOrGivenUp(e))
            {
                lost = true;
                throw;
            }
        }
    }

    /// <summary>Deletes the keys of a user or a team, so that none outlives it.</summary>
    /// <returns>How many there were to delete.</returns>
    public async Task<int> DeleteKeysAsync(HttpContext context, string action, IndexQuery whose, string? detail = null)
    {
        var deleted = 0;
        foreach (var key in await KeysOfAsync(whose))
        {
            await DeleteAsync(context, action, AccountKind.Key, key, detail);
            deleted++;
        }

        return deleted;
    }

    /// <summary>The keys that are to be deleted with it: those that are there, and entries of those that are not.</summary>
    public async Task<List<string>> KeysOfAsync(IndexQuery whose)
    {
        var found = new List<string>();
        foreach (var key in await AccountPages.AllAsync(this, AccountKind.Key, whose))
        {
            // An entry that a crash or a failed change has left may be of a key that is another's, or called otherwise.
            if (await GetAsync(AccountKind.Key, key.Id) is { } account && !whose.Matches(key.Id, account.Alias, account.UserId, account.TeamId)) continue;
            found.Add(key.Id);
        }

        return found;
    }

    /// <summary>The users of a team are of none any more.</summary>
    public async Task LeaveTeamAsync(HttpContext context, string action, string team)
    {
        foreach (var user in await AccountPages.AllAsync(this, AccountKind.User, new IndexQuery(TeamId: team)))
        {
            // An entry that a crash has left, of nobody: it goes, or the team could never be deleted.
            if (await GetAsync(AccountKind.User, user.Id) is null) await AskAsync(() => Grain(AccountKind.User, user.Id).DeleteAsync());
            else await ChangeAsync(context, action, AccountKind.User, user.Id, u => u.TeamId == team ? u with { TeamId = null, TeamRole = null } : u, $"team {team}");
        }
    }

    /// <summary>The buckets that have what a query finds, and what is to be asked of each.</summary>
    public async Task<(IReadOnlyList<string> Buckets, IndexQuery Query)> WhereAsync(AccountKind kind, IndexQuery query)
    {
        if (query.Id is { } id) return ([AccountBuckets.Of(kind, id)], query);
        if (AccountLists.For(kind, query) is { } shorter && await AskAsync(() => listing.IsDoneAsync(kind))) return ([shorter.List], shorter.Query);
        return ([.. AccountBuckets.All(kind)], query);
    }

    public Task<int> CountAsync(string bucket, IndexQuery query) => AskAsync(() => Bucket(bucket).CountAsync(query));

    public Task<ImmutableArray<IndexEntry>> SliceAsync(string bucket, IndexQuery query, int skip, int take) => AskAsync(() => Bucket(bucket).SliceAsync(query, skip, take));

    public static RequestException NotFound(AccountKind kind, string id) => new(new ApiError(
        404, $"{kind} not found: {(kind == AccountKind.Key ? "there is none with this hash or value" : id)}.", "not_found_error", $"{kind.ToString().ToLowerInvariant()}_not_found"));

    public static RequestException ChangedMeanwhile(AccountKind kind) => new(new ApiError(409, $"{kind} is being changed by others at the same time; try again.", "invalid_request_error", "changed_meanwhile"));

    private async Task<AccountAnswer> WriteAsync(HttpContext context, string action, AccountWrite write, string? detail)
    {
        var account = write.Account;
        var answer = await MadeAsync(context, action, Target(account.Id, detail), () => Grain(account.Kind, account.Id).PutAsync(write));
        Forget(account.Kind, account.Id);
        return answer;
    }

    /// <summary>One request may change an account twice, each time from another version.</summary>
    private static AccountWrite WriteOf(HttpContext context, Account account, long expected) => new(account, expected, $"{context.TraceIdentifier}-{expected}");

    private static string Target(string id, string? detail) => detail is null ? id : $"{id} ({detail})";

    private async Task<AccountAnswer> MadeAsync(HttpContext context, string action, string target, Func<Task<AccountAnswer>> change)
    {
        var outcome = "unknown: it could not be stored, or the cluster did not answer";
        try
        {
            var answer = await AskAsync(change, e => AccessErrors.NotStored(Contact.WordsOf(e)));
            outcome = answer is AccountRefused refused ? $"refused: {refused.Why}" : "made";
            return answer;
        }
        finally
        {
            var from = ClientAddress.Of(context, catalog.Current.Settings);
            audit.Write(new AuditEntry(action, Administrator.NameOf(context), target, from, outcome, context.TraceIdentifier));
        }
    }

    private async Task<bool> ForgetCountsAsync(Account account)
    {
        await grains.GrainOf(account).ForgetAsync();
        // A key without a user is a user of its own besides.
        if (account is { Kind: AccountKind.Key, UserId: null }) await grains.GetGrain<Users.IUserGrain>(AccountKeys.Of(account.Kind, account.Id)).ForgetAsync();
        return true;
    }

    /// <param name="lost">What to say when nobody answers; null: that keys cannot be looked up.</param>
    public static async Task<T> AskAsync<T>(Func<Task<T>> call, Func<Exception, ApiError>? lost = null)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (LostContact.IsOrGivenUp(e))
            {
                if (left == 1) throw new RequestException(lost?.Invoke(e) ?? AccessErrors.Unavailable);
            }
        }
    }

    private void Forget(AccountKind kind, string id)
    {
        if (kind == AccountKind.Key) cache.Forget(id);
        else cache.ForgetAll();
    }

    private static RequestException Refusal(AccountAnswer answer, AccountKind kind, string id) => answer is not AccountRefused { Why: var why } ? NotFound(kind, id) : why switch
    {
        AccountRefusal.Exists => new(new ApiError(409, $"{kind} already exists.", "invalid_request_error", "already_exists")),
        AccountRefusal.Changed => ChangedMeanwhile(kind),
        AccountRefusal.Full => new(new ApiError(507, $"There is no room for another {kind.ToString().ToLowerInvariant()}: delete some.", "server_error", "index_full")),
        _ => NotFound(kind, id),
    };

    private IAccountGrain Grain(AccountKind kind, string id) => grains.GetGrain<IAccountGrain>(AccountKeys.Of(kind, id));

    private IAccountIndexGrain Bucket(string bucket) => grains.GetGrain<IAccountIndexGrain>(bucket);
}
