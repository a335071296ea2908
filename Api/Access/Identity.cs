using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Access;

/// <summary>Whom the gate has let in.</summary>
/// <param name="IsAdministrator">It has the master key.</param>
/// <param name="Rights">Of a virtual key; null: no virtual key, and no rights to be looked up.</param>
internal sealed record Identity(bool IsAdministrator, Rights? Rights)
{
    /// <summary>The hash of the virtual key that was presented; null: none was, or nobody looked.</summary>
    public string? Presented { get; init; }

    /// <summary>Of a signed-in browser, which presents no key: the hash of the key it has signed in with.</summary>
    public string? KeyHash { get; init; }

    /// <summary>Likewise what may be shown of that key.</summary>
    public string? Mask { get; init; }

    /// <summary>The gateway is open, or the route is free.</summary>
    public static Identity Anybody { get; } = new(false, null);

    public static Identity Administrator { get; } = new(true, null);

    public static Identity Of(HttpContext context) => context.Features.Get<Identity>() ?? Anybody;
}
