using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Makes accounts that may have spent something elsewhere: LiteLLM's field <c>spend</c> of what is new.</summary>
internal sealed class NewAccounts(AccountStore store, SpendReader spend)
{
    /// <summary>Until what it has spent is there nobody is let in with it: whatever comes in between, nothing can be spent twice.</summary>
    public async Task<Account> CreateAsync(HttpContext context, string action, Account account, JsonElement body)
    {
        var spent = AccountFields.Spend(body) ?? 0;
        if (spent == 0 || !spend.HasBudget(account)) return await store.CreateAsync(context, action, account);
        var made = await store.CreateAsync(context, action, account with { Blocked = true });
        try
        {
            await spend.ResetAsync(made, spent);
            return account.Blocked ? made : await store.ChangeAsync(context, action, made.Kind, made.Id, a => a with { Blocked = false });
        }
        catch (Exception e) when (LostContact.Is(e) || e is RequestException)
        {
            // It can be asked for again, and is not there already.
            await store.DeleteAsync(context, action, made.Kind, made.Id);
            throw;
        }
    }
}
