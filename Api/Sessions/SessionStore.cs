using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Sessions;

namespace OrleansLlm.Api.Sessions;

/// <summary>Browsers that are signed in: who they are, on whichever node they ask (docs/adr/0019-web-pages.md).</summary>
internal sealed class SessionStore(IGrainFactory grains, AccountCache accounts, ICatalog catalog, TimeProvider time)
{
    /// <returns>Whose session the request's cookie is; null: none, or one that is over.</returns>
    /// <exception cref="RequestException">The key is blocked or has expired, or nobody can tell.</exception>
    public async Task<Identity?> FindAsync(HttpContext context)
    {
        if (SessionCookie.Read(context) is not { } cookie || catalog.Current.Settings.MasterKeyHash is not { } master) return null;
        try
        {
            if (await grains.GetGrain<ISessionsGrain>(cookie.Owner).UseAsync(cookie.SecretHash) is not { } mask) return null;
            // The owner is what the grain vouches for: the master key may be another one by now.
            if (cookie.Owner == Convert.ToHexStringLower([.. master])) return Identity.Administrator with { KeyHash = cookie.Owner, Mask = mask };
            if (await accounts.FindAsync(cookie.Owner, context.RequestAborted) is not { } rights) return null;
            if (rights.Refuse(time.GetUtcNow()) is { } error) throw new RequestException(error);
            return new Identity(false, rights) { KeyHash = cookie.Owner, Mask = mask };
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            throw new RequestException(AccessErrors.Unavailable);
        }
    }

    /// <summary>Signs the browser in with the key that it has presented.</summary>
    public async Task BeginAsync(HttpContext context, string key)
    {
        var cookie = SessionCookie.New(KeyHash.Of(key));
        await grains.GetGrain<ISessionsGrain>(cookie.Owner).BeginAsync(cookie.SecretHash, KeyHash.Mask(key));
        cookie.Write(context, catalog.Current.Settings);
    }

    public async Task EndAsync(HttpContext context)
    {
        SessionCookie.Delete(context, catalog.Current.Settings);
        if (SessionCookie.Read(context) is { } cookie) await grains.GetGrain<ISessionsGrain>(cookie.Owner).EndAsync(cookie.SecretHash);
    }
}
