using OrleansLlm.Grains.Keys;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Rules.Keys;

/// <summary>Which changes of an account are made.</summary>
public class AccountRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Account Ada = new() { Kind = AccountKind.User, Id = "ada", UpdatedBy = "admin" };

    [Fact]
    public void Put_OfANewOne_IsVersionOne()
    {
        var state = Stored(Ada, 0, "c1");
        Assert.Equal((1, Now, "admin"), (state.Account!.Version, state.Account.CreatedAt, state.Account.CreatedBy));
    }

    [Fact]
    public void Put_Repeated_IsAnsweredAsTheFirst_AndStoresNothing()
    {
        var state = Stored(Ada, 0, "c1");
        var answer = AccountRules.Put(state, new AccountWrite(Ada with { Alias = "x" }, 0, "c1"), Now, out var next);
        Assert.Equal((new AccountDone(state.Account!), null), (answer, next));
    }

    [Theory]
    [InlineData(0, AccountRefusal.Exists)]
    [InlineData(2, AccountRefusal.Changed)]
    public void Put_FromAnotherVersion_IsRefused(long expected, AccountRefusal why)
    {
        var answer = AccountRules.Put(Stored(Ada, 0, "c1"), new AccountWrite(Ada, expected, "c2"), Now, out var next);
        Assert.Equal((new AccountRefused(why), null), (answer, next));
    }

    [Fact]
    public void Put_OfOneThatIsGone_DoesNotBringItBack()
    {
        var answer = AccountRules.Put(new AccountState(), new AccountWrite(Ada, 3, "c2"), Now, out var next);
        Assert.Equal((new AccountRefused(AccountRefusal.NotFound), null), (answer, next));
    }

    [Fact]
    public void Put_ChangesNeitherWhoItIsNorWhoMadeIt()
    {
        var state = Stored(Ada with { Mask = "sk-...1" }, 0, "c1");
        AccountRules.Put(state, new AccountWrite(Ada with { Id = "eve", Kind = AccountKind.Team, Mask = "sk-...2", UpdatedBy = "other", Blocked = true }, 1, "c2"), Now.AddDays(1), out var next);
        var account = next!.Account!;
        Assert.Equal(("ada", AccountKind.User, "sk-...1", "admin", "other", true), (account.Id, account.Kind, account.Mask, account.CreatedBy, account.UpdatedBy, account.Blocked));
        Assert.Equal((2, Now, Now.AddDays(1)), (account.Version, account.CreatedAt, account.UpdatedAt));
    }

    private static AccountState Stored(Account account, long expected, string change)
    {
        AccountRules.Put(new AccountState(), new AccountWrite(account, expected, change), Now, out var state);
        return state!;
    }
}
