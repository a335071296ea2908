using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Responses;

/// <summary>OpenAI's lists: <c>limit</c> (1 to 100, else 20), <c>order</c> (the newest first unless <c>asc</c>), <c>after</c> (an item's id).</summary>
internal static class ItemPage
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    /// <param name="items">The oldest first, each with its <c>id</c>.</param>
    public static JsonObject Of(HttpRequest request, IReadOnlyList<JsonObject> items)
    {
        var limit = LimitIn(request);
        var order = request.Query["order"].ToString();
        if (order is not ("" or "asc" or "desc")) throw ResponseBody.Invalid("order", "expected 'asc' or 'desc'");
        List<JsonObject> ordered = [.. order == "asc" ? items : items.Reverse()];
        var from = 0;
        if (request.Query["after"].ToString() is { Length: > 0 } after)
        {
            from = ordered.FindIndex(i => (string?)i["id"] == after) + 1;
            if (from == 0) throw ResponseBody.Invalid("after", $"there is no item with id '{after}'");
        }

        List<JsonObject> page = [.. ordered.Skip(from).Take(limit)];
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. page]),
            ["first_id"] = page.Count == 0 ? "" : (string?)page[0]["id"],
            ["last_id"] = page.Count == 0 ? "" : (string?)page[^1]["id"],
            ["has_more"] = from + page.Count < ordered.Count,
        };
    }

    private static int LimitIn(HttpRequest request)
    {
        var text = request.Query["limit"].ToString();
        if (text.Length == 0) return DefaultLimit;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit : throw ResponseBody.Invalid("limit", $"expected a number from 1 to {MaxLimit}");
    }
}
