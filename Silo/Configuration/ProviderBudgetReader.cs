using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>provider_budget_config</c>: what all deployments of a provider may cost together.</summary>
internal static class ProviderBudgetReader
{
    public static ImmutableArray<ProviderBudget> Read(ConfigSection settings)
    {
        if (settings.Map("provider_budget_config") is not { } map) return [];
        var path = settings.PathOf("provider_budget_config");
        settings.Report.Honoured(path, map.Line);
        var budgets = ImmutableArray.CreateBuilder<ProviderBudget>();
        foreach (var entry in map.Entries)
        {
            var own = $"{path}.{entry.Key}";
            if (entry.Value is not ConfigMap budget)
            {
                settings.Report.Error(own, entry.Line, $"expected a mapping like {{budget_limit: 100, time_period: 1d}}, found {entry.Value.Describe()}");
                continue;
            }

            settings.Report.Honoured(own, entry.Line);
            var s = new ConfigSection(budget, own, settings.Report, knownAs: path + ".*");
            if (BudgetReader.ReadUpstream(s, "budget_limit", "time_period") is { } read) budgets.Add(new ProviderBudget(entry.Key, read, own, entry.Line));
            s.Finish("not honoured: a provider has a budget, and a deployment has rpm and tpm");
        }

        return budgets.ToImmutable();
    }
}

/// <param name="Provider">LiteLLM's prefix.</param>
internal sealed record ProviderBudget(string Provider, Budget Budget, string Path, int Line);
