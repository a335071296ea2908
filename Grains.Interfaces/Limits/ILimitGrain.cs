using Orleans.Concurrency;
using OrleansLlm.Catalog;

namespace OrleansLlm.Limits;

/// <summary>Something whose use is limited. Every call may be repeated: what was counted under a request id is counted once.</summary>
[Alias("OrleansLlm.ILimited")]
public interface ILimited : IGrainWithStringKey
{
    /// <summary>Asks leave for one request. A refusal is a value and costs nothing.</summary>
    [Alias("Admit")]
    Task<Admission> AdmitAsync(LimitRequest request);

    /// <summary>The request still runs. A scope that has lost its memory learns of it by this.</summary>
    [OneWay]
    [Alias("Renew")]
    Task RenewAsync(string requestId);

    /// <summary>The request has ended, or was refused elsewhere. It no longer counts as running when this returns.</summary>
    [Alias("Settle")]
    Task SettleAsync(Settlement settlement);

    /// <summary>What it has spent in this period. The period of a budget that is not known yet begins with this.</summary>
    /// <param name="own">As in <see cref="LimitRequest.Own"/>.</param>
    [Alias("Spend")]
    Task<BudgetStanding> GetSpendAsync(RateLimits? own);

    /// <summary>Says what has been spent in this period, in place of what was counted. Stored when this returns.</summary>
    [Alias("ResetSpend")]
    Task ResetSpendAsync(double spent, RateLimits? own);

    /// <summary>
    /// Another scope takes this one's place: it has spent what was spent here, and learns what those who still run here will have cost. Stored when this returns.
    /// </summary>
    /// <param name="successor">One of the same kind.</param>
    /// <param name="own">Its numbers, as in <see cref="LimitRequest.Own"/>.</param>
    [Alias("HandOver")]
    Task HandOverAsync(string successor, RateLimits? own);

    /// <summary>That scope does not take this one's place after all. Nothing where another does. Stored when this returns.</summary>
    [Alias("TakeBack")]
    Task TakeBackAsync(string successor);

    /// <summary>Whom it was kept for is gone for good: nothing of it stays, in memory or in the store; of one that has handed over, as soon as nobody runs.</summary>
    [Alias("Forget")]
    Task ForgetAsync();

    /// <summary>Likewise, if it was not used after that day and has no budget in which something is spent.</summary>
    /// <returns>False: something of it is still needed.</returns>
    [Alias("ForgetUnlessSeen")]
    Task<bool> ForgetUnlessSeenAsync(int day);
}

/// <summary>The limits of one API key, team or model, or of the whole gateway (the key: see <see cref="LimitScopes"/>).</summary>
[Alias("OrleansLlm.ILimitGrain")]
public interface ILimitGrain : ILimited;
