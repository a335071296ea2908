namespace OrleansLlm.Silo.Hosting;

/// <summary>What a node of a cluster does.</summary>
internal enum NodeRole
{
    /// <summary>Front end and grains in one process.</summary>
    All,

    /// <summary>Grains, and health routes for the platform.</summary>
    Silo,

    /// <summary>A front end without grains.</summary>
    Api,
}
