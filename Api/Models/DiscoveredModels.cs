using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Models;

/// <summary>
/// The public names of models, with those that stand behind a wildcard: what its backends have told their probes, else the models of the service that have a
/// list price. Nobody is asked anew for a list.
/// </summary>
internal sealed class DiscoveredModels(ICatalog catalog, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>As many as the caller may use. The patterns themselves only with LiteLLM's <c>return_wildcard_routes=true</c>: no request can name them.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(HttpContext context)
    {
        var current = catalog.Current;
        var names = ModelList.Of(current, context).ToList();
        var wildcards = current.Groups.Where(g => g.IsWildcard).ToList();
        if (wildcards.Count == 0) return names;
        var known = await KnownAsync(wildcards.SelectMany(g => g.Deployments).Select(d => d.Backend).Distinct());
        var more = wildcards.SelectMany(g => g.Deployments.SelectMany(d => Behind(g.Name, d, known))).Order(StringComparer.Ordinal);
        if (context.Request.Query["return_wildcard_routes"].ToString().Equals("true", StringComparison.OrdinalIgnoreCase)) more = more.Concat(wildcards.Select(g => g.Name)).Order(StringComparer.Ordinal);
        var rights = Identity.Of(context).Rights;
        return [.. names.Concat(more.Where(n => rights?.RefuseModel(n, current.FindGroup(n)) is null)).Distinct()];
    }

    /// <summary>The names by which a wildcard's deployment serves what its backend has.</summary>
    private static IEnumerable<string> Behind(string group, Deployment deployment, Dictionary<string, ImmutableArray<string>> known)
    {
        var pattern = new WildcardPattern(deployment.Model);
        // With other stars than the public name has, nobody can tell which of them a part of the model's name is.
        if (deployment.Model.Count(c => c == '*') != group.Count(c => c == '*')) return [];
        var models = known.TryGetValue(deployment.Backend, out var told) && !told.IsEmpty ? told : [.. deployment.ListPrices.Keys];
        return models.Select(pattern.Match).Where(m => !m.IsDefault).Select(m => WildcardPattern.Fill(group, m));
    }

    private async Task<Dictionary<string, ImmutableArray<string>>> KnownAsync(IEnumerable<string> backends)
    {
        var snapshots = await Task.WhenAll(backends.Select(SnapshotAsync));
        return snapshots.OfType<BackendSnapshot>().ToDictionary(s => s.Name, s => s.ModelsAvailable, StringComparer.Ordinal);
    }

    /// <returns>Null: it does not answer, and nothing is known of it.</returns>
    private async Task<BackendSnapshot?> SnapshotAsync(string name)
    {
        try
        {
            return await grains.GetGrain<IBackendGrain>(name).GetSnapshotAsync().WaitAsync(Patience, time);
        }
        catch (Exception e) when (e is TimeoutException || LostContact.Is(e))
        {
            return null;
        }
    }
}
