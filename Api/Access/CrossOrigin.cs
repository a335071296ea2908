using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>
/// Lets the web pages of other origins ask and read the answers (CORS), where the operator has named them; nobody otherwise. They need a key like everybody:
/// no credential of the browser's own is ever allowed, so that a session of our pages stays with our pages, which are not open to others at all.
/// </summary>
internal sealed class CrossOrigin(RequestDelegate next, ICatalog catalog)
{
    private const string Anyone = "*";
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>What a page may send where it asks for something that is no list of names. A star stands for all but this one.</summary>
    private const string UsualHeaders = "*, Authorization";

    private const string OneHour = "3600";

    /// <summary>Whether the operator lets the pages of this request's origin ask.</summary>
    public static bool Allows(HttpContext context, AccessOptions options) => AllowedTo(context, options) is not null;

    public Task InvokeAsync(HttpContext context)
    {
        var options = catalog.Current.Settings.Access;
        if (options.CorsOrigins.IsEmpty) return next(context);
        var headers = context.Response.Headers;
        if (!options.CorsOrigins.Contains(Anyone)) headers.Vary = StringValues.Concat(headers.Vary, "Origin");
        if (AllowedTo(context, options) is not { } allowed) return next(context);
        headers.AccessControlAllowOrigin = allowed;
        var request = context.Request;
        if (!HttpMethods.IsOptions(request.Method) || request.Headers.AccessControlRequestMethod.Count == 0)
        {
            headers.AccessControlExposeHeaders = Anyone;
            return next(context);
        }

        var asked = request.Headers.AccessControlRequestHeaders.ToString();
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = asked.Length > 0 && asked.All(IsOfAName) ? asked : UsualHeaders;
        headers.AccessControlMaxAge = OneHour;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <returns>What the answer says; null: the page may not read it, or no page asks.</returns>
    private static string? AllowedTo(HttpContext context, AccessOptions options)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || IsForOurPagesOnly(context.Request.Path)) return null;
        if (options.CorsOrigins.Contains(Anyone)) return Anyone;
        return options.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase) ? origin : null;
    }

    private static bool IsForOurPagesOnly(PathString path) => path.StartsWithSegments("/ui") || path.StartsWithSegments("/dashboard");

    private static bool IsOfAName(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ',' or ' ';
}
