using System.Data.Common;
using OrleansLlm.Api.Access;
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
internal sealed class SpendReader(IGrainFactory grains, ICatalog catalog, ILedgerReader? ledger = null)
{
    /// <summary>One account, asked for by itself.</summary>
    public async Task<SpentAccount> ReadAsync(Account account, CancellationToken cancellationToken = default)
    {
        var shown = await ReadBudgetAsync(account);
        return shown.Spend is null ? shown with { Spend = await SumAsync(account, cancellationToken) } : shown;
    }

    /// <summary>Accounts of a list: the ledger is not asked for each.</summary>
    public async Task<List<SpentAccount>> ReadAsync(IEnumerable<Account> accounts) => [.. await Task.WhenAll(accounts.Select(ReadBudgetAsync))];

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
        catch (Exception e) when (LostContact.Is(e))
        {
            return new SpentAccount(account, null, null);
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
            return (await ledger.SumAsync(query, LedgerGrouping.Day, cancellationToken)).Sum(s => s.Cost);
        }
        catch (DbException)
        {
            return null;
        }
    }

    private LimitedScope ScopeOf(Account account) => AccountScopes.Of(account, catalog.Current.Settings.Limits);
}

/// <param name="Spend">US dollars, in this period where there is a budget; null: not known.</param>
/// <param name="ResetAt">When a budget begins anew; null: there is none, or never.</param>
internal sealed record SpentAccount(Account Account, double? Spend, DateTimeOffset? ResetAt);
