using Orleans.Concurrency;
using OrleansLlm.Limits;

namespace OrleansLlm.Users;

/// <summary>One user (the key: hash of the API key, or the user id). On the path of a request, never on the path of a token.</summary>
[Alias("OrleansLlm.IUserGrain")]
public interface IUserGrain : ILimited
{
    [ReadOnly]
    [Alias("Usage")]
    Task<UserUsage> GetUsageAsync();

    /// <summary>The totals begin anew. What limits and budgets have counted stays: erasing must not be a way around them.</summary>
    [Alias("Erase")]
    Task EraseAsync();
}
