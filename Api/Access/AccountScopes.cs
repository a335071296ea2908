using OrleansLlm.Catalog;
using OrleansLlm.Keys;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Access;

/// <summary>Where a key, user or team is counted, and with which numbers: its own, and beneath them what is configured.</summary>
internal static class AccountScopes
{
    public static LimitedScope Of(Account account, LimitOptions limits)
    {
        var scope = AccountKeys.Of(account.Kind, account.Id);
        var configured = account.Kind == AccountKind.User ? limits.OfUser(scope) : limits.OfScope(scope);
        return new LimitedScope(scope, account.Allowance.Over(configured), account.Alias);
    }

    public static ILimited GrainOf(this IGrainFactory grains, Account account)
    {
        var scope = AccountKeys.Of(account.Kind, account.Id);
        return account.Kind == AccountKind.User ? grains.GetGrain<Users.IUserGrain>(scope) : grains.GetGrain<ILimitGrain>(scope);
    }
}
