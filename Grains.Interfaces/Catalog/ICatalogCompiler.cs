using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>What this process' configuration file and an overlay give together.</summary>
public interface ICatalogCompiler
{
    CompiledCatalog Compile(CatalogOverlay overlay);
}

/// <param name="Catalog">Without the overlay's entries that cannot be served.</param>
/// <param name="Sources">The entries of <c>model_list</c> by the ids of their deployments, as JSON with references unresolved. Secret.</param>
/// <param name="Problems">What is wrong with the overlay's own entries, by their keys.</param>
public sealed record CompiledCatalog(
    GatewayCatalog Catalog, ImmutableDictionary<string, string> Sources, ImmutableDictionary<string, string> Problems);
