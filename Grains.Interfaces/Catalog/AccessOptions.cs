using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.access</c>, and what <c>general_settings</c> says of headers: <c>use_x_forwarded_for</c>, <c>user_header_name</c>.</summary>
public sealed record AccessOptions
{
    /// <summary>Keys that are none which an address may present in a minute, before it has to wait; 0: as many as it likes. Default 20.</summary>
    public int FailedLogins { get; init; } = 20;

    /// <summary>Whether every virtual key serves many, whom its requests name (<c>allow_user_field</c>), and not only those made so. Default false.</summary>
    public bool AllowUserField { get; init; }

    /// <summary>Headers that name the end user (<c>user_header_mappings</c>, <c>user_header_name</c>), besides LiteLLM's own that always do.</summary>
    public ImmutableArray<string> UserHeaders { get; init; } = [];

    /// <summary>A header that has the key, before all others (<c>litellm_key_header_name</c>); null: the usual ones.</summary>
    public string? KeyHeader { get; init; }

    /// <summary>Origins whose web pages may ask and read answers (<c>cors_origins</c>); <c>*</c>: all. Default none.</summary>
    public ImmutableArray<string> CorsOrigins { get; init; } = [];

    /// <summary>Whether a request that says its own tags is refused: then only keys and teams have some (<c>reject_clientside_metadata_tags</c>). Default false.</summary>
    public bool RefusesClientTags { get; init; }

    /// <summary>Whether the last entry of <c>X-Forwarded-For</c> is the client's address: only behind a proxy that writes it. Default false.</summary>
    public bool TrustForwardedFor { get; init; }
}
