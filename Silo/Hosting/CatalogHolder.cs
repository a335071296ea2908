using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The configuration in force in this process.</summary>
internal sealed class CatalogHolder(GatewayCatalog first) : ICatalog
{
    private volatile GatewayCatalog _current = first;

    public GatewayCatalog Current => _current;

    public void Replace(GatewayCatalog next) => _current = next;
}
