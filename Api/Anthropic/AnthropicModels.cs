using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Models;

namespace OrleansLlm.Api.Anthropic;

/// <summary>Anthropic's list of models, on the route that is OpenAI's as well: its clients send a header that no other sends.</summary>
internal static class AnthropicModels
{
    private const int DefaultLimit = 20;
    private const int MostOfAPage = 1000;

    /// <summary>By the path, or by a header that the client sent by itself.</summary>
    public static bool AreAsked(HttpContext context) => context.Request.Path.StartsWithSegments("/anthropic") || context.Request.Headers.ContainsKey(AnthropicHeaders.Version);

    public static Task ListAsync(HttpContext context, IEnumerable<string> names)
    {
        var query = context.Request.Query;
        var limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, MostOfAPage) : DefaultLimit;
        var (after, before) = (query["after_id"].ToString(), query["before_id"].ToString());
        var all = names.ToList();
        var from = after.Length > 0 ? all.IndexOf(after) + 1 : 0;
        var to = before.Length > 0 && all.IndexOf(before) is >= 0 and var end ? end : all.Count;
        // Before a name the page is of those next to it.
        if (before.Length > 0) from = Math.Max(from, to - limit);
        var page = all.Skip(from).Take(Math.Min(limit, to - from)).ToList();
        var hasMore = before.Length > 0 ? from > 0 : from + page.Count < to;
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var name in page) Write(json, name);
            json.WriteEndArray();
            json.WriteBoolean("has_more", hasMore);
            json.WriteString("first_id", page.FirstOrDefault());
            json.WriteString("last_id", page.LastOrDefault());
            json.WriteEndObject();
        });
    }

    public static void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", name);
        json.WriteString("display_name", name);
        json.WriteString("created_at", DateTimeOffset.FromUnixTimeSeconds(ModelEndpoints.Created).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
