using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansLlm.Api.Pages;

/// <summary><c>/ui</c> and what belongs to it: one HTML file for every page, and its modules, style and icon. No key is needed: there is nothing in them.</summary>
internal sealed class PageEndpoints(PageAssets assets)
{
    /// <summary>Only our own files, nothing inline, and nobody's frame.</summary>
    private const string Policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public Task PageAsync(HttpContext context) => ServeAsync(context, "index.html");

    public Task AssetAsync(HttpContext context) => ServeAsync(context, (string)context.Request.RouteValues["name"]!);

    private async Task ServeAsync(HttpContext context, string name)
    {
        var response = context.Response;
        if (assets.Find(name) is not { } asset)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ETag = asset.Tag.ToString();
        // Asked for each time, answered in a few bytes: a new version is there at once.
        headers.CacheControl = "no-cache";
        if (EntityTagHeaderValue.TryParseList(context.Request.Headers.IfNoneMatch, out var known) && known.Any(t => t.Compare(asset.Tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(asset.Bytes, context.RequestAborted);
    }
}
