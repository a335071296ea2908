using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// What a changed file may not take away while the gateway runs. A file that is cut off, or that misspells a section, is valid: without these it would
/// open the gateway to everyone, or leave it with nothing to serve. A restart does as the file says.
/// </summary>
internal static class ReloadLosses
{
    /// <param name="running">What is in force.</param>
    /// <param name="asked">What the changed file would put in force.</param>
    public static void OfTheMasterKey(GatewayCatalog running, GatewayCatalog asked, ConfigReport report)
    {
        if (running.Settings.MasterKeyHash is null || asked.Settings.MasterKeyHash is not null) return;
        report.Error("general_settings.master_key", 1, "is gone: the gateway would be open to everyone; to open it on purpose, restart it with this file");
    }

    /// <param name="running">What the file in force says, without administrators' changes.</param>
    /// <param name="asked">What the changed file says, likewise.</param>
    /// <param name="emptied">The changed file has a list of models with nothing in it, which nobody leaves behind by accident.</param>
    public static void OfAllModels(GatewayCatalog running, GatewayCatalog asked, bool emptied, ConfigReport report)
    {
        if (running.Groups.IsEmpty || !asked.Groups.IsEmpty || emptied) return;
        report.Error("model_list", 1, "has no model that can be served, and had some: to serve none on purpose, write model_list: []");
    }
}
