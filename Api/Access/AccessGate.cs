using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Sessions;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>
/// With a master key configured, every route that is not marked free needs it or, where the route is marked so, a virtual key. Without
/// one the gateway is open, but for what changes it.
/// </summary>
internal sealed class AccessGate(RequestDelegate next, ICatalog catalog, AccountCache accounts, LoginGuard guard, SessionStore sessions, TimeProvider time)
{
    private const string KeyPrefix = "sk-";

    public async Task InvokeAsync(HttpContext context)
    {
        var route = context.GetEndpoint()?.Metadata;
        var settings = catalog.Current.Settings;
        // From here on it is the header that is asked first.
        if (settings.Access.KeyHeader is { } own && context.Request.Headers[own] is { Count: > 0 } said) context.Request.Headers[Caller.FirstHeader] = said;
        if (settings.MasterKeyHash is not { } master)
        {
            if (route?.GetMetadata<AdminRoute>() is not null) throw new RequestException(AccessErrors.NobodyMay);
            // Without a key to ask for, any page that a person on this machine looks at could use their backends.
            if (!IsFree(route) && SameOrigin.IsForeign(context.Request) && !CrossOrigin.Allows(context, settings.Access)) throw new RequestException(AccessErrors.ForeignSite);
        }
        else if (!IsFree(route))
        {
            var identity = await SignedInAsync(context) ?? await AuthenticateAsync(context, [.. master]);
            if (!identity.IsAdministrator && route is not null && route.GetMetadata<KeyRoute>() is null)
            {
                throw Refused(context, AccessErrors.Administrators(ShownPath.Of(context)));
            }

            context.Features.Set(identity);
        }

        await next(context);
    }

    private bool IsFree(EndpointMetadataCollection? route) =>
        route?.GetMetadata<FreeRoute>() is not null
        || (route?.GetMetadata<MetricsRoute>() is not null && !catalog.Current.Settings.Telemetry.MetricsNeedKey);

    /// <summary>The browser that has signed in at our pages. Who presents a key as well is who the key says.</summary>
    private async Task<Identity?> SignedInAsync(HttpContext context)
    {
        if (SessionCookie.Read(context) is null || Caller.KeyOf(context) is { Length: > 0 }) return null;
        if (!SameOrigin.Is(context.Request)) throw Refused(context, AccessErrors.ForeignPage);
        return await sessions.FindAsync(context) ?? throw new RequestException(AccessErrors.NoSession);
    }

    private async Task<Identity> AuthenticateAsync(HttpContext context, byte[] master)
    {
        if (Caller.KeyOf(context) is not { Length: > 0 } key) throw Refused(context, AccessErrors.NoKey);
        var hash = KeyHash.Of(key);
        // Whoever shares an address with someone who guesses is let in by a key that is known here; a guess never is.
        if (accounts.Remembers(hash))
        {
            if (await FindAsync(hash, context) is { } known) return Check(context, key, hash, known);
            throw Refused(context, AccessErrors.Unknown(key));
        }

        var isMaster = KeyHash.Is(key, master);
        if (isMaster && guard.KnowsAdministrator(context, hash)) return Identity.Administrator;
        guard.Begin(context, hash);
        if (isMaster)
        {
            guard.AdministratorPassed(context, hash);
            return Identity.Administrator;
        }

        if (!key.StartsWith(KeyPrefix, StringComparison.Ordinal)) throw Failed(context, key, hash, AccessErrors.NotAKey(key));
        Rights? rights;
        try
        {
            rights = await FindAsync(hash, context);
        }
        catch
        {
            guard.Passed(context, hash);
            throw;
        }

        if (rights is null) throw Failed(context, key, hash, AccessErrors.Unknown(key));
        guard.Passed(context, hash);
        return Check(context, key, hash, rights);
    }

    private async Task<Rights?> FindAsync(string hash, HttpContext context)
    {
        try
        {
            return await accounts.FindAsync(hash, context.RequestAborted);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            throw new RequestException(AccessErrors.Unavailable);
        }
    }

    private Identity Check(HttpContext context, string key, string hash, Rights rights)
    {
        if (rights.Refuse(time.GetUtcNow()) is not { } error) return new Identity(false, rights) { Presented = hash };
        guard.Refused(context, key, error);
        throw new RequestException(error);
    }

    private RequestException Failed(HttpContext context, string key, string hash, ApiError error)
    {
        guard.Failed(context, key, hash, error);
        return new RequestException(error);
    }

    private RequestException Refused(HttpContext context, ApiError error)
    {
        guard.Refused(context, Caller.KeyOf(context), error);
        return new RequestException(error);
    }
}
