using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Makes accounts that may have spent something elsewhere: LiteLLM's field <c>spend</c> of what is new.</summary>
internal sealed class NewAccounts(AccountStore store, SpendReader spend)
{
    /// <exception cref="RequestException">There is one already, or nobody keeps what was spent: then nothing is made.</exception>
    public async Task<Account> CreateAsync(HttpContext context, string action, Account account, JsonElement body)
    {
        var spent = AccountFields.Spend(body) ?? 0;
        if (spent > 0) spend.NeedBudget(account);
        var made = await store.CreateAsync(context, action, account);
        if (spent == 0) return made;
        try
        {
            await spend.ResetAsync(made, spent);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Else it could spend everything once more.
            await store.DeleteAsync(context, action, made.Kind, made.Id);
            throw;
        }

        return made;
    }
}
