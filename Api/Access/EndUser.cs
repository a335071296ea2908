using Microsoft.AspNetCore.Http;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Whom a request says it is for, by a header: what LiteLLM asks before the body's <c>user</c>. Whether it is believed is decided as for that field.</summary>
internal static class EndUser
{
    /// <summary>Asked always, and first.</summary>
    private static readonly string[] Always = ["x-litellm-customer-id", "x-litellm-end-user-id"];

    /// <summary>Null: no header says.</summary>
    public static string? Of(HttpContext context, AccessOptions options)
    {
        foreach (var name in Always)
        {
            if (Named(context, name) is { } user) return user;
        }

        foreach (var name in options.UserHeaders)
        {
            if (Named(context, name) is { } user) return user;
        }

        return null;
    }

    private static string? Named(HttpContext context, string header) =>
        context.Request.Headers[header] is { Count: > 0 } said && said[0]?.Trim() is { Length: > 0 } user ? user : null;
}
