namespace OrleansLlm.Catalog;

/// <summary>Where a process reads the configuration in force. Compare references to notice a change.</summary>
public interface ICatalog
{
    GatewayCatalog Current { get; }
}
