using Orleans.Concurrency;

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
}

/// <summary>The limits of one API key, team or model, or of the whole gateway (the key: see <see cref="LimitScopes"/>).</summary>
[Alias("OrleansLlm.ILimitGrain")]
public interface ILimitGrain : ILimited;
