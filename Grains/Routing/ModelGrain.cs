using Orleans.Concurrency;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Routing;

/// <summary>Orders the candidates of one model by tier and, within a tier, by the configured strategy.</summary>
[StatelessWorker]
[GrainType("model")]
internal sealed class ModelGrain(ICatalog catalog, Chance chance) : Grain, IModelGrain
{
    private readonly Random _random = chance.NewRandom();

    public async Task<CandidateList> GetCandidatesAsync()
    {
        var current = catalog.Current;
        var group = current.FindGroup(this.GetPrimaryKeyString());
        if (group is null) return new CandidateList([]);
        var strategy = StrategyTable.Get(current.Routing.Strategy);
        var states = await LookAtAsync(group, strategy.NeedsSnapshots && group.Deployments.Length > 1);
        var tiers = states.GroupBy(s => s.Deployment.Order ?? int.MaxValue).OrderBy(t => t.Key);
        return new CandidateList(
            [.. tiers.SelectMany(t => strategy.Order([.. t], _random).Select(s => new Candidate(s.Deployment.Id, s.Deployment.Backend, t.Key)))]);
    }

    private async Task<IReadOnlyList<CandidateState>> LookAtAsync(ModelGroup group, bool snapshots)
    {
        if (!snapshots) return [.. group.Deployments.Select(d => new CandidateState(d, null))];
        var calls = group.Deployments.Select(async d => new CandidateState(d, await SnapshotAsync(d.Backend)));
        return await Task.WhenAll(calls);
    }

    /// <summary>A backend that cannot be asked is no reason to fail the request: the others can serve it, and it goes last.</summary>
    private async Task<BackendSnapshot?> SnapshotAsync(string backend)
    {
        try
        {
            return await GrainFactory.GetGrain<IBackendGrain>(backend).GetSnapshotAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            return null;
        }
    }
}
