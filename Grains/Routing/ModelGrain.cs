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

    public Task<CandidateList> GetCandidatesAsync() => GetCandidatesForAsync(null);

    public async Task<CandidateList> GetCandidatesForAsync(ulong? conversation)
    {
        var current = catalog.Current;
        var name = this.GetPrimaryKeyString();
        if (current.FindGroup(name) is not { } group) return new CandidateList([]);
        var (strategy, arguments) = (StrategyTable.Get(current.Routing.Strategy), current.Routing.StrategyArguments);
        var parts = CandidateParts.Of(group.Deployments, strategy, arguments, _random, conversation);
        var snapshots = strategy.NeedsSnapshots && group.Deployments.Length > 1;
        var states = await Task.WhenAll(parts.Select(part => LookAtAsync(part, snapshots)));
        var candidates = CandidateOrder.Of(states, strategy, arguments, _random);
        return new CandidateList(candidates) { HedgeAfter = await HedgeAfterAsync(group, current.Routing.OptionsFor(name)) };
    }

    private async Task<IReadOnlyList<CandidateState>> LookAtAsync(CandidatePart part, bool snapshots)
    {
        if (!snapshots || !part.Asked) return [.. part.Deployments.Select(d => new CandidateState(d, null))];
        return await Task.WhenAll(part.Deployments.Select(LookAtAsync));
    }

    private async Task<CandidateState> LookAtAsync(Deployment deployment)
    {
        var snapshot = await AskAsync(deployment.Backend, backend => backend.GetSnapshotAsync());
        return new CandidateState(deployment, snapshot, IsSilent: snapshot is null);
    }

    private async Task<TimeSpan?> HedgeAfterAsync(ModelGroup group, ModelOptions options)
    {
        if (!options.Hedge || group.Deployments.Length < 2) return null;
        // Of very many, some say enough about the model.
        var asked = group.Deployments.Length <= CandidateParts.MostWhole ? group.Deployments.AsEnumerable() : _random.GetItems(group.Deployments.AsSpan(), CandidateParts.Size).Distinct();
        var calls = asked.GroupBy(d => d.Backend).Select(
            async on => await AskAsync(on.Key, backend => backend.GetFirstTokensAsync([.. on.Select(d => d.Id)])));
        var samples = (await Task.WhenAll(calls)).Where(s => !s.IsDefaultOrEmpty).SelectMany(s => s);
        return Lateness.Of([.. samples], options.HedgeAfter);
    }

    /// <summary>A backend that cannot be asked is no reason to fail the request: the others can serve it, and it goes last.</summary>
    private async Task<T?> AskAsync<T>(string backend, Func<IBackendGrain, Task<T>> ask)
    {
        try
        {
            return await ask(GrainFactory.GetGrain<IBackendGrain>(backend));
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            return default;
        }
    }
}
