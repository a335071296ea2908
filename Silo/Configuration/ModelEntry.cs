using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>One readable entry of <c>model_list</c>, before the backends are known.</summary>
/// <param name="Path">Of its <c>litellm_params</c>.</param>
/// <param name="Draft">
/// What the entry itself says. Its backend is not known yet, nor its id unless <c>model_info.id</c> says one (else empty); costs and <c>drop_params</c> are those of the
/// entry alone.
/// </param>
/// <param name="Fingerprint">What the id is a hash of: the parameters as they stand in the file, so that no secret goes into it.</param>
/// <param name="MaxParallel">Slots of its backend.</param>
/// <param name="BaseModel"><c>model_info.base_model</c>.</param>
internal sealed record ModelEntry(string Path, int Line, ProviderEntry Provider, Deployment Draft, string Fingerprint, int? MaxParallel, string? BaseModel)
{
    /// <summary>Its own <c>max_budget</c>; null: it may cost what it likes.</summary>
    public Budget? Budget { get; init; }

    /// <summary>Its own <c>ssl_verify</c>; null: that of all.</summary>
    public ServerTrust? Trust { get; init; }
}
