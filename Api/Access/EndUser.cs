using Microsoft.AspNetCore.Http;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>Whom a request says it is for, by a header: what LiteLLM asks before the body's <c>user</c>. Whether it is believed is decided as for that field.</summary>
internal static class EndUser
{
    /// <summary>Asked always, and first.</summary>
    private static readonly string[] Always = ["x-litellm-customer-id", "x-litellm-end-user-id"];

    /// <summary>Null: no header says.</summary>
    public static string? Of(HttpContext context, AccessOptions options) => First(context, Always) ?? First(context, options.UserHeaders.AsSpan());

    private static string? First(HttpContext context, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (context.Request.Headers[name] is { Count: > 0 } said && said[0]?.Trim() is { Length: > 0 } user) return user;
        }

        return null;
    }
}
