using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansLlm.Api.Requests;

/// <summary>A request's path for logs: of <c>/key/{key}/regenerate</c> the pattern and not the key.</summary>
internal static class ShownPath
{
    private const int Longest = 256;

    public static string Of(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern }) return pattern;
        var path = context.Request.Path.Value ?? "";
        // No route of ours: whatever a client has put there.
        if (path.Contains("sk-", StringComparison.Ordinal)) return "(a path with a key in it)";
        return path.Length <= Longest ? path : path[..Longest];
    }
}
