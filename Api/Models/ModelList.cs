using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Models;

/// <summary>The public names of models.</summary>
internal static class ModelList
{
    /// <summary>As many as the caller may use.</summary>
    public static IEnumerable<string> Of(GatewayCatalog catalog, HttpContext context) =>
        catalog.Groups.Where(g => !g.IsWildcard).Select(g => g.Name)
            .Concat(catalog.Routing.ModelGroupAlias.Keys.Except(catalog.Routing.HiddenAliases).Order(StringComparer.Ordinal)).Distinct()
            .Where(n => Identity.Of(context).Rights?.RefuseModel(n, catalog.FindGroup(n)) is null);
}
