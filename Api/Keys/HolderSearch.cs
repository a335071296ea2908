using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Finds users and teams. What the index does not know of them is looked for in each: where they are too many for that, the answer says so instead of showing some.</summary>
internal sealed class HolderSearch(AccountStore store)
{
    /// <summary>So many are looked at for one answer.</summary>
    public const int Most = 10_000;

    public async Task<(List<Account> Accounts, int Total)> PageAsync(HolderKind kind, HolderFilter filter, Paging paging)
    {
        if (filter is { Sieve: null, Order: null, Ids: null, UserId: null })
        {
            var (entries, total) = await AccountPages.ReadAsync(store, kind.Kind, filter.Query, paging.Page, paging.Size);
            return (await store.GetAllAsync(kind.Kind, entries), total);
        }

        if (filter is { Sieve: null, OrderOfEntries: { } order, Ids: null, UserId: null })
        {
            var entries = await EntriesAsync(kind, filter, Most);
            entries.Sort(order);
            return (await store.GetAllAsync(kind.Kind, [.. paging.Of(entries)]), entries.Count);
        }

        var found = await AllAsync(kind, filter, Most);
        return ([.. paging.Of(found)], found.Count);
    }

    /// <exception cref="RequestException">There are more than <paramref name="most"/> to look at.</exception>
    public async Task<List<Account>> AllAsync(HolderKind kind, HolderFilter filter, int most)
    {
        var found = (await CandidatesAsync(kind, filter, most)).FindAll(a => Matches(a, filter.Query) && filter.Sieve?.Invoke(a) != false);
        if (filter.Order is { } order) found.Sort(order);
        return found;
    }

    /// <summary>The users with one of these emails.</summary>
    /// <param name="team">Only of those in this team; null: of all.</param>
    public async Task<ILookup<string, Account>> ByEmailAsync(HashSet<string> emails, string? team = null)
    {
        var users = emails.Count == 0 ? [] : await AllAsync(HolderKind.User, HolderFilter.OfEmails(emails, team), Most);
        return users.ToLookup(u => KeptFields.Text(u, KeptFields.Email)!, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Null: nobody has this email.</summary>
    /// <exception cref="RequestException">Several have it.</exception>
    public static Account? OneOf(ILookup<string, Account> byEmail, string email) => byEmail[email].Count() <= 1 ? byEmail[email].SingleOrDefault() : throw new RequestException(ApiError.BadRequest(
        $"user_email: several users have {email}: {string.Join(", ", byEmail[email].Select(u => u.Id))}. Name one by user_id.", "user_email"));

    private async Task<List<Account>> CandidatesAsync(HolderKind kind, HolderFilter filter, int most)
    {
        if (filter.UserId is { } user)
        {
            var team = (await store.GetAsync(AccountKind.User, user))?.TeamId;
            return team is null || filter.Ids?.Contains(team) == false ? [] : await store.GetAllAsync(kind.Kind, [team]);
        }

        if (filter.Ids is { } ids) return await store.GetAllAsync(kind.Kind, ids);
        return await store.GetAllAsync(kind.Kind, await EntriesAsync(kind, filter, most));
    }

    private async Task<List<IndexEntry>> EntriesAsync(HolderKind kind, HolderFilter filter, int most)
    {
        var (entries, total) = await AccountPages.ReadAsync(store, kind.Kind, filter.Query, 1, most);
        if (total <= most) return entries;
        throw new RequestException(ApiError.BadRequest(
            $"{filter.Reason}: there are {total} {kind.Name}s, and at most {most} are looked at for one answer. Ask for some by their names, or for all of them page by page (page, page_size).", filter.Reason, "too_many"));
    }

    /// <summary>An entry that a crash has left may be of an account that is another's.</summary>
    private static bool Matches(Account account, IndexQuery query) => query.Matches(account.Id, account.Alias, account.UserId, account.TeamId);
}
