namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.access</c>, and <c>general_settings.use_x_forwarded_for</c>.</summary>
public sealed record AccessOptions
{
    /// <summary>Keys that are none which an address may present in a minute, before it has to wait; 0: as many as it likes. Default 20.</summary>
    public int FailedLogins { get; init; } = 20;

    /// <summary>Whether the last entry of <c>X-Forwarded-For</c> is the client's address: only behind a proxy that writes it. Default false.</summary>
    public bool TrustForwardedFor { get; init; }
}
