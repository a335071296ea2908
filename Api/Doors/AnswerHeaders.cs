using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Limits;
using OrleansLlm.Caching;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>LiteLLM's response headers, and ours. For a stream they tell what was known at its first token.</summary>
internal static class AnswerHeaders
{
    /// <summary>What a resumable answer is resumed by.</summary>
    public const string StreamId = "x-stream-id";

    /// <summary>US dollars, never with an exponent.</summary>
    internal const string Dollars = "0.0###############";

    /// <summary>Bytes of <c>x-dropped-params</c>, but for the words that say how many more there are.</summary>
    private const int MostDropped = 2048;

    public static void Write(HttpContext context, string requestedModel, InferenceStarted started, IReadOnlyList<string> droppedByDoor, TimeSpan elapsed)
    {
        var headers = context.Response.Headers;
        headers["x-litellm-model-id"] = Plain(started.DeploymentId);
        headers["x-litellm-model-group"] = Plain(requestedModel);
        headers["x-litellm-model-api-base"] = Plain(started.ApiBase);
        headers["x-litellm-response-duration-ms"] = Milliseconds(elapsed);
        var overhead = elapsed - started.Queued - started.Upstream;
        headers["x-litellm-overhead-duration-ms"] = Milliseconds(overhead > TimeSpan.Zero ? overhead : TimeSpan.Zero);
        if (started.Cost is { } cost) headers["x-litellm-response-cost"] = cost.ToString(Dollars, CultureInfo.InvariantCulture);
        RateLimitHeaders.Write(headers, started.Limits);
        headers["x-queue-ms"] = Milliseconds(started.Queued);
        headers["x-queue-position"] = started.QueuePosition.ToString(CultureInfo.InvariantCulture);
        headers["x-litellm-attempted-retries"] = started.Retries.ToString(CultureInfo.InvariantCulture);
        headers["x-litellm-attempted-fallbacks"] = started.Fallbacks.ToString(CultureInfo.InvariantCulture);
        if (started.ModelGroup != requestedModel) headers["x-litellm-fallback-model"] = Plain(started.ModelGroup);
        if (started.Cache != CacheStatus.None) headers["x-cache"] = NameOf(started.Cache);
        if (started.CacheKey is { } key) headers["x-litellm-cache-key"] = key;
        var dropped = started.DroppedParameters.IsDefault ? droppedByDoor : [.. droppedByDoor, .. started.DroppedParameters];
        if (dropped.Count > 0) headers["x-dropped-params"] = Dropped(dropped);
    }

    /// <summary>As many of the names as fit, and how many more there are: clients and proxies take headers of a few thousand bytes.</summary>
    internal static string Dropped(IEnumerable<string> names)
    {
        var all = names.Distinct(StringComparer.Ordinal).ToList();
        var (told, length) = (new List<string>(), 0);
        foreach (var name in all)
        {
            // At its longest, as it is where one of them is not of plain characters.
            if (name.Length > MostDropped) continue;
            length += Uri.EscapeDataString(name + ", ").Length;
            if (length > MostDropped) break;
            told.Add(name);
        }

        if (told.Count < all.Count) told.Add($"and {all.Count - told.Count} more");
        return Plain(string.Join(", ", told));
    }

    private static string NameOf(CacheStatus status) => status switch
    {
        CacheStatus.Hit => "hit",
        CacheStatus.Joined => "joined",
        _ => "miss",
    };

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>Header values are visible ASCII: anything else a client or a file wrote is percent-encoded.</summary>
    internal static string Plain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? text : Uri.EscapeDataString(text);
}
