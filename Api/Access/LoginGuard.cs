using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Audit;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Limits failed attempts by address, and writes the refused ones down: of an address up to sixty a minute, which no writing of lines can slow the gateway by.</summary>
internal sealed class LoginGuard(ICatalog catalog, TimeProvider time, IAuditLog audit)
{
    private const int LinesPerMinute = 60;

    private readonly Lock _gate = new();
    private readonly FailedLogins _lines = new();
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
        if (End(context, hash, failed: true)) Write(context, key, "too many: the address must wait");
    }

    /// <summary>It is a key, and may not come in: nobody has guessed.</summary>
    public void Refused(HttpContext context, string? key, ApiError error)
    {
        bool isLast;
        lock (_gate)
        {
            var (address, id) = (NetworkOf(context), context.TraceIdentifier);
            if (_lines.Begin(address, id, LinesPerMinute, Now) is not null) return;
            isLast = _lines.End(address, id, failed: true, LinesPerMinute, Now);
        }

        Write(context, key, isLast ? $"refused: {error.Code}; no more lines of this address for a while" : $"refused: {error.Code}");
    }

    private void Write(HttpContext context, string? key, string outcome)
    {
        var who = key is null ? "nobody" : KeyHash.Mask(key);
        audit.Write(new AuditEntry(AuditEntry.Login, who, ShownPath.Of(context), ClientAddress.Of(context, catalog.Current.Settings), outcome, context.TraceIdentifier));
    }

    private bool End(HttpContext context, string hash, bool failed)
    {
        if (Limit == 0) return false;
        lock (_gate) return _failed.End(NetworkOf(context), hash, failed, Limit, Now);
    }

    private string NetworkOf(HttpContext context) => ClientAddress.NetworkOf(ClientAddress.Of(context, catalog.Current.Settings));
}
