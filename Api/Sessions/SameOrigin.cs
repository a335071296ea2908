using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Sessions;

/// <summary>
/// Whether a request with a session's cookie comes from our own pages. The browser does not send the cookie along from other sites (<c>SameSite=Strict</c>);
/// this is the second lock, and holds for pages of the same site at another port or subdomain as well.
/// </summary>
internal static class SameOrigin
{
    /// <summary>Our pages set it on what changes something; a form cannot, and a script of another origin may not.</summary>
    public const string Header = "x-orleansllm-ui";

    /// <summary>A browser says that a page of another site asks. Other programs say nothing.</summary>
    public static bool IsForeign(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is "cross-site";

    public static bool Is(HttpRequest request)
    {
        // Every current browser says where a request comes from; "none" is a person who typed the address.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site != "same-origin" && site != "none") return false;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return true;
        if (!request.Headers.ContainsKey(Header)) return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && SameHost(from, request.Host));
    }

    /// <summary>The scheme is not compared: a proxy in front may speak another one than we do.</summary>
    private static bool SameHost(Uri from, HostString to) =>
        string.Equals(from.Host, to.Host, StringComparison.OrdinalIgnoreCase) && (to.Port is not { } port || port == from.Port);
}
