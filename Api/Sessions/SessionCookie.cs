using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Sessions;

/// <summary>The cookie of a signed-in browser: whose sessions to look among, and a secret that names one of them. The API key is not in it.</summary>
/// <param name="Owner">The hash of the API key.</param>
internal sealed record SessionCookie(string Owner, string Secret)
{
    public const string Name = "orleansllm_session";

    private const int RandomBytes = 32;
    private const int SecretLength = 43;

    public static SessionCookie New(string owner)
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(bytes);
        return new SessionCookie(owner, Base64Url.EncodeToString(bytes));
    }

    /// <returns>Null: none, or one that is none of ours.</returns>
    public static SessionCookie? Read(HttpContext context)
    {
        if (context.Request.Cookies[Name] is not { Length: KeyHash.Length + 1 + SecretLength } text || text[KeyHash.Length] != '.') return null;
        var owner = text[..KeyHash.Length];
        return KeyHash.IsHash(owner) ? new SessionCookie(owner, text[(KeyHash.Length + 1)..]) : null;
    }

    public string SecretHash => KeyHash.Of(Secret);

    public void Write(HttpContext context, GatewaySettings settings) => context.Response.Cookies.Append(Name, $"{Owner}.{Secret}", Options(context, settings));

    public static void Delete(HttpContext context, GatewaySettings settings) => context.Response.Cookies.Delete(Name, Options(context, settings));

    /// <summary>It ends with the browser, or when the session was not used for half a day, whichever comes first.</summary>
    private static CookieOptions Options(HttpContext context, GatewaySettings settings) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = IsSecure(context, settings),
        Path = "/",
        IsEssential = true,
    };

    /// <summary>Behind a proxy that is trusted to say where clients are, it is trusted to say how they came as well.</summary>
    private static bool IsSecure(HttpContext context, GatewaySettings settings) =>
        context.Request.IsHttps || (settings.Access.TrustForwardedFor && context.Request.Headers["X-Forwarded-Proto"].ToString() is "https");
}
