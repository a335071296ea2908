using System.Globalization;
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
    private const int MostNetworks = 10_000;

    private readonly Lock _gate = new();
    private readonly FailedLogins _lines = new();
    private readonly FailedLogins _failed = new();

    /// <summary>From where the master key has come in, and which it was.</summary>
    private readonly Dictionary<string, string> _administrators = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private long _refused;

    private int Limit => catalog.Current.Settings.Access.FailedLogins;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>
    /// The master key has been let in from there before: somebody who guesses behind the same address does not shut it out. From anywhere else it waits as
    /// every key does, so that nobody learns there that a guess was right.
    /// </summary>
    public bool KnowsAdministrator(HttpContext context, string hash)
    {
        lock (_gate) return _administrators.TryGetValue(NetworkOf(context), out var known) && known == hash;
    }

    public void AdministratorPassed(HttpContext context, string hash)
    {
        Passed(context, hash);
        lock (_gate)
        {
            var network = NetworkOf(context);
            // Only who has the key fills it. What is forgotten is known again after its next request.
            if (_administrators.Count >= MostNetworks && !_administrators.ContainsKey(network)) _administrators.Clear();
            _administrators[network] = hash;
        }
    }

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
            // A number of our own for each: a request's id may be its client's.
            var (address, id) = (NetworkOf(context), (++_refused).ToString(CultureInfo.InvariantCulture));
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
