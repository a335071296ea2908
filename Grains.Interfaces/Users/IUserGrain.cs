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
}
