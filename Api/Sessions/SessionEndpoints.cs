using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Sessions;

/// <summary><c>/ui/session</c>: signing in with an API key, who is signed in, signing out.</summary>
internal sealed class SessionEndpoints(SessionStore sessions, ICatalog catalog, NodeName node)
{
    /// <summary>The gate has let the presented key in.</summary>
    public async Task BeginAsync(HttpContext context)
    {
        if (catalog.Current.Settings.MasterKeyHash is not null)
        {
            // A session is not good for another one.
            if (Caller.KeyOf(context) is not { Length: > 0 } key) throw new RequestException(AccessErrors.NoKey);
            await sessions.BeginAsync(context, key);
        }

        await TellAsync(context, Identity.Of(context), signedIn: true);
    }

    /// <summary>Never an error: a page asks it to find out what to show.</summary>
    public async Task TellAsync(HttpContext context)
    {
        if (catalog.Current.Settings.MasterKeyHash is null)
        {
            await TellAsync(context, Identity.Anybody, signedIn: true);
            return;
        }

        Identity? identity;
        try
        {
            identity = await sessions.FindAsync(context);
        }
        catch (RequestException e) when (e.Error.Status == 401)
        {
            identity = null;
        }

        await TellAsync(context, identity ?? Identity.Anybody, identity is not null);
    }

    public async Task EndAsync(HttpContext context)
    {
        await sessions.EndAsync(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task TellAsync(HttpContext context, Identity identity, bool signedIn)
    {
        var open = catalog.Current.Settings.MasterKeyHash is null;
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("signed_in", signedIn);
            json.WriteBoolean("open", open);
            json.WriteBoolean("admin", identity.IsAdministrator);
            json.WriteString("name", NameOf(identity, open));
            json.WriteString("node", node.Value);
            json.WriteEndObject();
        });
    }

    private static string? NameOf(Identity identity, bool open) =>
        identity.IsAdministrator ? "administrator" : identity.Rights?.Key is { } key ? key.Alias ?? key.Mask : open ? "anybody" : null;
}
