using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Audit;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Limits failed attempts by address, and writes every refused one down.</summary>
internal sealed class LoginGuard(ICatalog catalog, TimeProvider time, IAuditLog audit)
{
    private readonly Lock _gate = new();
    private readonly FailedLogins _failed = new();
    private readonly long _start = time.GetTimestamp();

    private int Limit => catalog.Current.Settings.Access.FailedLogins;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Begins to look a key up; the address may have to wait, and is told so.</summary>
    public void Begin(HttpContext context, string hash)
    {
        if (Limit == 0) return;
        lock (_gate)
        {
            if (_failed.Begin(NetworkOf(context), hash, Limit, Now) is { } wait) throw new RequestException(AccessErrors.TooMany(wait));
        }
    }

    /// <summary>The key is a key, or nobody can tell: nothing is counted.</summary>
    public void Passed(HttpContext context, string hash) => End(context, hash, failed: false);

    public void Failed(HttpContext context, string key, string hash, ApiError error)
    {
        Refused(context, key, error);
        if (End(context, hash, failed: true)) audit.Write(Entry(context, "login", KeyHash.Mask(key), "refused: the address must wait, further attempts are not written down"));
    }

    /// <summary>It is a key, and may not come in: nobody has guessed.</summary>
    public void Refused(HttpContext context, string? key, ApiError error) =>
        audit.Write(Entry(context, "login", key is null ? "nobody" : KeyHash.Mask(key), $"refused: {error.Code}"));

    private AuditEntry Entry(HttpContext context, string action, string who, string outcome) =>
        new(action, who, context.Request.Path, ClientAddress.Of(context, catalog.Current.Settings), outcome, context.TraceIdentifier);

    private bool End(HttpContext context, string hash, bool failed)
    {
        if (Limit == 0) return false;
        lock (_gate) return _failed.End(NetworkOf(context), hash, failed, Limit, Now);
    }

    private string NetworkOf(HttpContext context) => ClientAddress.NetworkOf(ClientAddress.Of(context, catalog.Current.Settings));
}
