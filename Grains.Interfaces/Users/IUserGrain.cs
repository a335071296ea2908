using Orleans.Concurrency;

namespace OrleansLlm.Users;

/// <summary>One user (the key: hash of the API key, or the user id). On the path of a request, never on the path of a token.</summary>
[Alias("OrleansLlm.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Asks leave for one request. A refusal is a value and costs the user nothing.</summary>
    [Alias("Admit")]
    Task<Admission> AdmitAsync(string requestId);

    /// <summary>What the request cost in the end. Repeating it for the same request changes nothing.</summary>
    [OneWay]
    [Alias("Settle")]
    Task SettleAsync(Settlement settlement);

    [ReadOnly]
    [Alias("Usage")]
    Task<UserUsage> GetUsageAsync();
}
