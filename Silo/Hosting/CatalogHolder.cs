using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The configuration in force in this process.</summary>
internal sealed class CatalogHolder(GatewayCatalog current) : ICatalog
{
    public GatewayCatalog Current => current;
}
