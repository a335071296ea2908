using OrleansLlm.Catalog;
using OrleansLlm.Limits;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>What one attempt has cost, counted for the budgets of its deployment: whoever reads the answer, and whether or not it came to its end.</summary>
internal sealed class DeploymentSpend(IGrainFactory grains, Deployment deployment, string leaseId, InferenceServices services)
{
    /// <summary>As long as the end of an answer waits for the limits of its caller.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task ChargeAsync(UpstreamUsage used)
    {
        var cost = Cost.Of(deployment, used.Prompt, used.Completion, used.CacheRead, used.CacheWritten) ?? 0;
        if (cost <= 0) return;
        var settlement = new Settlement(leaseId, used.Prompt, used.Completion, Cost: cost);
        try
        {
            await Task.WhenAll(deployment.BudgetScopes.Select(scope => grains.GetGrain<ILimitGrain>(scope).SettleAsync(settlement)).ToList()).WaitAsync(Patience, services.Time);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            services.Logger.SettleFailed(leaseId, e);
        }
    }
}
