using System.Data.Common;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;
using OrleansLlm.Ledger;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// What keys, users and teams have spent: of those with a budget the grain that keeps them to it knows; of a single one without, the
/// ledger, if there is one and it answers.
/// </summary>
/// <param name="ledger">Null: none is kept.</param>
internal sealed class SpendReader(IGrainFactory grains, ICatalog catalog, TimeProvider time, ILedgerReader? ledger = null)
{
    /// <summary>A database that hangs must not keep the rest of the answer back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int AtOnce = 128;

    /// <summary>One account, asked for by itself: the ledger is asked as well.</summary>
    public async Task<SpentAccount> ReadWithLedgerAsync(Account account, CancellationToken cancellationToken)
    {
        var shown = await ReadBudgetAsync(account);
        return shown.Spend is null ? shown with { Spend = await SumAsync(account, cancellationToken) } : shown;
    }

    /// <summary>One that was changed just now. A new one has spent nothing.</summary>
    public async Task<SpentAccount> ReadAsync(Account account)
    {
        var shown = await ReadBudgetAsync(account);
        if (account.Version > 1 && ScopeOf(account).Limits is { Budget: null } none) await TellAsync(account, none);
        return account.Version == 1 ? shown with { Spend = shown.Spend ?? 0 } : shown;
    }

    /// <summary>Accounts of a list.</summary>
    public async Task<List<SpentAccount>> ReadAsync(IEnumerable<Account> accounts)
    {
        var shown = new List<SpentAccount>();
        foreach (var some in accounts.Chunk(AtOnce)) shown.AddRange(await Task.WhenAll(some.Select(ReadBudgetAsync)));
        return shown;
    }

    public bool HasBudget(Account account) => ScopeOf(account).Limits.Budget is not null;

    /// <exception cref="RequestException">There is no budget, so that nobody keeps what could be set.</exception>
    public Account NeedBudget(Account account) => HasBudget(account) ? account : throw new RequestException(ApiError.BadRequest(
        $"spend: this {account.Kind.ToString().ToLowerInvariant()} has no max_budget or soft_budget, so that what it has spent is the sum of its requests and cannot be set.", "spend"));

    /// <summary>
    /// What a key has spent of its own budget, and, since a key without a user is a user of its own besides, of the one that the configuration has for each user. Null: there is no such budget.
    /// </summary>
    public async Task<(double? OfKey, double? OfUser)> OfKeyAsync(Account key)
    {
        var own = ScopeOf(key).Limits;
        double? ofKey = own.Budget is null ? null : (await grains.GrainOf(key).GetSpendAsync(own)).Spent;
        double? ofUser = UserOf(key) is { } user ? (await user.GetSpendAsync(null)).Spent : null;
        return (ofKey, ofUser);
    }

    /// <summary>… is what another key has spent, and so is what those who still run with the old one will have cost.</summary>
    public async Task CarryAsync((double? OfKey, double? OfUser) spent, Account old, Account key)
    {
        var successor = AccountKeys.Of(key.Kind, key.Id);
        if (spent.OfKey is not null && HasBudget(key)) await grains.GrainOf(old).HandOverAsync(successor, ScopeOf(key).Limits);
        if (spent.OfUser is not null && UserOf(old) is { } user && UserOf(key) is not null) await user.HandOverAsync(successor, null);
    }

    /// <summary>The other key does not take this one's place after all.</summary>
    public async Task TakeBackAsync(Account old, Account key)
    {
        var successor = AccountKeys.Of(key.Kind, key.Id);
        await AccountStore.AskAsync(async () =>
        {
            if (HasBudget(old)) await grains.GrainOf(old).TakeBackAsync(successor);
            if (UserOf(old) is { } user) await user.TakeBackAsync(successor);
            return true;
        });
    }

    /// <summary>As an administrator says.</summary>
    public Task ResetAsync(Account account, double spent) => grains.GrainOf(account).ResetSpendAsync(spent, ScopeOf(account).Limits);

    private async Task<SpentAccount> ReadBudgetAsync(Account account)
    {
        if (ScopeOf(account).Limits is not { Budget: not null } own) return new SpentAccount(account, null, null);
        try
        {
            var standing = await grains.GrainOf(account).GetSpendAsync(own);
            return new SpentAccount(account, standing.Spent, standing.ResetAt);
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            return new SpentAccount(account, null, null);
        }
    }

    /// <summary>Who has lost its budget is not asked any more, and would show it for ever.</summary>
    private async Task TellAsync(Account account, RateLimits own)
    {
        try
        {
            await grains.GrainOf(account).GetSpendAsync(own);
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            // It shows what was left of the budget until it is asked again, or goes.
        }
    }

    private async Task<double?> SumAsync(Account account, CancellationToken cancellationToken)
    {
        if (ledger is null) return null;
        var query = new LedgerQuery
        {
            KeyHash = account.Kind == AccountKind.Key ? account.Id : null,
            UserId = account.Kind == AccountKind.User ? LimitScopes.UserPrefix + account.Id : null,
            TeamId = account.Kind == AccountKind.Team ? account.Id : null,
        };
        try
        {
            return (await ledger.SumAsync(query, LedgerGrouping.Day, cancellationToken).WaitAsync(Patience, time, cancellationToken)).Sum(s => s.Cost);
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            return null;
        }
    }

    private Users.IUserGrain? UserOf(Account key)
    {
        var scope = AccountKeys.Of(key.Kind, key.Id);
        return key.UserId is null && catalog.Current.Settings.Limits.OfUser(scope).Budget is not null ? grains.GetGrain<Users.IUserGrain>(scope) : null;
    }

    private LimitedScope ScopeOf(Account account) => AccountScopes.Of(account, catalog.Current.Settings.Limits);
}

/// <param name="Spend">US dollars, in this period where there is a budget; null: not known.</param>
/// <param name="ResetAt">When a budget begins anew; null: there is none, or never.</param>
internal sealed record SpentAccount(Account Account, double? Spend, DateTimeOffset? ResetAt);
