using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Keys;

/// <summary>What is asked of a list. A filter that is passed over finds more than was asked for, and a script that deletes what it has found deletes what is another's.</summary>
internal static class ListFilters
{
    /// <summary>LiteLLM's switches are there to be turned on.</summary>
    private static readonly string[] SaysNothing = ["", "false", "False"];

    /// <returns>Null: not asked for.</returns>
    public static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>Of <c>sort_order</c>; upwards without it.</summary>
    public static bool IsDescending(HttpRequest request) => Text(request, "sort_order")?.ToLowerInvariant() switch
    {
        null or "asc" => false,
        "desc" => true,
        _ => throw AdminBody.Wrong("sort_order", "asc or desc"),
    };

    /// <exception cref="RequestException">The query has another name with a value.</exception>
    public static void NeedKnown(HttpRequest request, params string[] known)
    {
        foreach (var (name, value) in request.Query)
        {
            if (known.Contains(name, StringComparer.OrdinalIgnoreCase) || SaysNothing.Contains(value.ToString())) continue;
            throw new RequestException(ApiError.BadRequest($"{name}: this list cannot be asked for that, and would show something else than is wanted. It knows {string.Join(", ", known)}.", name, "not_supported"));
        }
    }
}
