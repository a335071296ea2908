using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>Whether a change of an account may be made. Decides; the grain stores.</summary>
internal static class AccountRules
{
    /// <param name="next">What is to be stored; null: the answer stands without.</param>
    public static AccountAnswer Put(AccountState state, AccountWrite write, DateTimeOffset now, out AccountState? next)
    {
        next = null;
        var stored = state.Account;
        // Asked again, because the answer was lost on its way.
        if (stored is not null && state.LastChange == write.ChangeId) return new AccountDone(stored);
        if (stored is null && write.Expected != 0) return new AccountRefused(AccountRefusal.NotFound);
        if (stored is not null && write.Expected == 0) return new AccountRefused(AccountRefusal.Exists);
        if (stored is not null && stored.Version != write.Expected) return new AccountRefused(AccountRefusal.Changed);
        var account = write.Account with
        {
            Kind = stored?.Kind ?? write.Account.Kind,
            Id = stored?.Id ?? write.Account.Id,
            Mask = stored?.Mask ?? write.Account.Mask,
            Version = write.Expected + 1,
            CreatedAt = stored?.CreatedAt ?? now,
            CreatedBy = stored is null ? write.Account.UpdatedBy : stored.CreatedBy,
            UpdatedAt = now,
        };
        next = new AccountState { Account = account, LastChange = write.ChangeId };
        return new AccountDone(account);
    }
}
